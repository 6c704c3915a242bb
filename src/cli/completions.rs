//! Verb `completions`: for shells.

use clap::builder::PossibleValuesParser;
use clap::{Command, ValueEnum};
use clap_complete::Shell;
use rtboot::board::list_usb;
use rtboot::chip::Chip;
use rtboot::outcome::{Completions, Outcome};
use rtboot::port::serial;
use rtboot::{Error, Result};
use rtboot_fcb::database;
use rtboot_sim::nor;

use super::{Context, grammar};

/// Print the completions for a shell
///
/// They offer commands, options, files, chips, NOR parts, and the boards and serial ports that are there when TAB is pressed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which shell: bash, zsh, fish, elvish or powershell
    #[arg(hide_possible_values = true)]
    shell: Option<Shell>,
    /// Print what may stand behind an option now, a line each; the scripts ask for this
    #[arg(long, hide = true, conflicts_with = "shell")]
    values: Option<Values>,
}

const EXAMPLES: &str = "\
Examples:
  rtboot completions bash > ~/.local/share/bash-completion/completions/rtboot
  rtboot completions zsh > ~/.zfunc/_rtboot     (a folder of fpath)
  rtboot completions fish > ~/.config/fish/completions/rtboot.fish";

/// Values that a script asks rtboot for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Values {
    /// Selectors that work now.
    Boards,
    /// Chips.
    Chips,
    /// NOR parts of the database.
    Parts,
    /// Parts of the virtual board.
    VirtualParts,
}

impl Values {
    const ALL: [Values; 4] = [
        Values::Boards,
        Values::Chips,
        Values::Parts,
        Values::VirtualParts,
    ];

    /// Those of this option.
    fn of(option: &str, command: &str) -> Option<Values> {
        Some(match (option, command) {
            ("board", _) => Values::Boards,
            ("chip", _) => Values::Chips,
            ("fcb", _) => Values::Parts,
            ("part", "new") => Values::VirtualParts,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Values::Boards => "boards",
            Values::Chips => "chips",
            Values::Parts => "parts",
            Values::VirtualParts => "virtual-parts",
        }
    }

    /// Whether a file may stand there as well.
    fn or_file(self) -> bool {
        self == Values::Parts
    }

    /// Stands in a generated script where the values go.
    fn mark(self) -> String {
        format!("RTBOOT-VALUES-{}", self.name())
    }

    fn list(self) -> Vec<String> {
        match self {
            Values::Boards => boards(),
            Values::Chips => Chip::names().map(str::to_owned).collect(),
            Values::Parts => {
                let names = database::parts().map(|part| part.name);
                ["auto".to_owned()].into_iter().chain(names).collect()
            }
            Values::VirtualParts => {
                let names = nor::Part::names().into_iter();
                names.map(str::to_owned).collect()
            }
        }
    }
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let completions = match (args.shell, args.values) {
        (_, Some(values)) => values.list().join("\n"),
        (Some(shell), None) => script(shell),
        (None, None) => {
            let text = "name a shell: bash, zsh, fish, elvish or powershell";
            return Err(Error::Usage(text.into()));
        }
    };
    context.report.line(completions.trim_end());
    let found = Completions { completions };
    context.report.found(Outcome::Completions(found));
    Ok(())
}

/// clap writes the script for a fixed list of values; the list becomes a question to rtboot.
fn script(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut marked(grammar()), "rtboot", &mut text);
    let mut text = String::from_utf8_lossy(&text).into_owned();
    for values in Values::ALL {
        text = asking(shell, &text, values);
    }
    if shell == Shell::Fish {
        // the generated conditions fail while a global option before the command still lacks its value
        for (option, values) in [
            ("-s b -l board", Values::Boards),
            ("-l chip", Values::Chips),
        ] {
            let ask = format!("rtboot completions --values {} 2>/dev/null", values.name());
            text += &format!("complete -c rtboot {option} -x -a \"({ask})\"\n");
        }
    }
    if shell == Shell::Bash {
        text = BASH_COLONS.to_owned() + &text;
        text = text.replace("-F _rtboot -o", "-F _rtboot_words -o");
    }
    text
}

/// bash takes a colon for the end of a word, so that usb:1-4.1 would be three: what stands before the last colon goes from every
/// offer.
const BASH_COLONS: &str = "\
_rtboot_words() {
    _rtboot \"$@\"
    local word=\"${COMP_LINE:0:COMP_POINT}\"
    word=\"${word##*[[:space:]=]}\"
    if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
        local before=\"${word%\"${word##*:}\"}\" offers=() offer
        for offer in $(compgen -W \"$(rtboot completions --values boards 2>/dev/null)\" -- \"$word\"); do
            offers+=(\"${offer#\"$before\"}\")
        done
        [[ ${#offers[@]} -gt 0 ]] && COMPREPLY=(\"${offers[@]}\")
    fi
    # where options may stand, files may, too
    if [[ -z ${COMP_WORDS[COMP_CWORD]} && ${COMPREPLY[0]} == -* ]]; then
        COMPREPLY+=($(compgen -f))
    fi
}

";

fn asking(shell: Shell, text: &str, values: Values) -> String {
    let (mark, name) = (values.mark(), values.name());
    let ask = format!("rtboot completions --values {name} 2>/dev/null");
    match shell {
        Shell::Bash => {
            let files = match values.or_file() {
                true => r#" $(compgen -f -- "${cur}")"#,
                false => "",
            };
            let fixed = format!(r#"$(compgen -W "{mark}" -- "${{cur}}")"#);
            let asked = format!(r#"$(compgen -W "$({ask})" -- "${{cur}}"){files}"#);
            text.replace(&fixed, &asked)
        }
        Shell::Zsh => {
            let function = format!("_rtboot_{}", name.replace('-', "_"));
            let files = match values.or_file() {
                true => "\n    _files",
                false => "",
            };
            let text = text.replace(&format!("({mark})"), &function);
            let function = format!(
                "{function}() {{\n    compadd -- ${{(f)\"$({ask})\"}}{files}\n}}\n\nif [ \"$funcstack"
            );
            text.replacen("if [ \"$funcstack", &function, 1)
        }
        Shell::Fish => {
            let asked = format!("({ask})");
            let text = text.replace(&format!("-r -f -a \"{mark}\\t''\""), &{
                let files = if values.or_file() { "-F" } else { "-f" };
                format!("-r {files} -a \"{asked}\"")
            });
            text.replace(&format!("{mark}\\t''"), &asked)
        }
        // their scripts name the values
        _ => text.replace(&mark, &values.list().join(" ")),
    }
}

/// The grammar with a mark for the values that rtboot is asked for.
fn marked(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let command = command.mut_args(|arg| match Values::of(arg.get_id().as_str(), &name) {
        Some(values) => arg.value_parser(PossibleValuesParser::new([values.mark()])),
        None => arg,
    });
    command.mut_subcommands(marked)
}

/// Selectors that work now.
fn boards() -> Vec<String> {
    let usb = list_usb().unwrap_or_default().into_iter();
    let usb = usb.filter_map(|device| device.selector.map(|selector| selector.to_string()));
    let ports = serial::list().unwrap_or_default().into_iter();
    let ports = ports.map(|port| format!("uart:{}", port.path));
    let always = ["usb", "virtual"].map(str::to_owned);
    let mut all: Vec<String> = always.into_iter().chain(usb).chain(ports).collect();
    all.dedup();
    all
}
