# Without a udev rule an ordinary user is shown the rule; with it and a running udevd rtboot works.
source "$(dirname "$0")/lib"
getent group plugdev >/dev/null || groupadd --system plugdev
group=$(getent group plugdev | cut -d: -f3)
chmod a+rwx "$home"
as_nobody=(setpriv --reuid=4321 --regid=4321 --clear-groups --no-new-privs)
as_user=(setpriv --reuid=4321 --regid=4321 --groups="$group" --no-new-privs)
udevd() { local path; for path in /lib/systemd/systemd-udevd /usr/lib/systemd/systemd-udevd; do [[ -x $path ]] && echo "$path" && return; done; }
[[ -n $(udevd) ]] || cannot "there is no systemd-udevd on this machine"
rm -f /etc/udev/rules.d/*rtboot* /lib/udev/rules.d/*rtboot*
board board

run 0 "${as_nobody[@]}" "$RTBOOT" list
says "no permission"
run 11 "${as_nobody[@]}" "$RTBOOT" info
says "$(node "$SOCKET")"
says "rtboot udev | sudo tee /etc/udev/rules.d/70-rtboot.rules"
says "udevadm control --reload-rules"
run 11 "${as_user[@]}" "$RTBOOT" write --fcb issi.cfg "$APPS/blinky.elf"
seen "an ordinary user without a rule: exit 11, the node, the commands that install the rule"

rtboot udev
"$RTBOOT" udev >/etc/udev/rules.d/70-rtboot.rules
"$(udevd)" --daemon
udevadm trigger --subsystem-match=hidraw
udevadm settle --timeout=20
[[ $(stat -c '%a %G' "$(node "$SOCKET")") == "660 plugdev" ]] || wrong "the rule did nothing: $(stat -c '%a %G' "$(node "$SOCKET")")"
run 0 "${as_user[@]}" "$RTBOOT" write --fcb issi.cfg "$APPS/blinky.elf"
run 0 "${as_user[@]}" "$RTBOOT" reset
run 0 "${as_user[@]}" "$RTBOOT" info
seen "with the rule of rtboot udev and a running udevd: write, reset and info as an ordinary user of plugdev, nodes made anew"
run 11 "${as_nobody[@]}" "$RTBOOT" info
seen "with the rule, a user who is not of plugdev: exit 11"
udevadm control --exit
rm /etc/udev/rules.d/70-rtboot.rules
