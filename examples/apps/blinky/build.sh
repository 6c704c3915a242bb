#!/usr/bin/env bash
# Builds blinky, blinky_fast and blinky_boot as ELF, raw binary, Intel HEX and S-record.
#
#   ./build.sh            into this folder
#   ./build.sh --check    into a temporary folder, and compare with the committed files
#
# The committed files were built with the compiler named below (Debian 12, package gcc-arm-none-eabi 15:12.2.rel1-1).
# Another compiler may order or choose instructions differently: --check then builds, but does not compare.
set -euo pipefail

compiler_of_record="12.2.1 20221205"
prefix=${CROSS_COMPILE:-arm-none-eabi-}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

check=no
case ${1:-} in
    "") ;;
    --check) check=yes ;;
    *)
        echo "usage: ${0##*/} [--check]" >&2
        exit 2
        ;;
esac

export LC_ALL=C SOURCE_DATE_EPOCH=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cpu=(-mcpu=cortex-m7 -mthumb -mfloat-abi=soft)
cflags=("${cpu[@]}" -std=c11 -Os -g0 -ffreestanding -fno-common -fno-ident -fno-unwind-tables
    -fno-asynchronous-unwind-tables -ffile-prefix-map="$here"=. -Wall -Wextra -Werror)
ldflags=("${cpu[@]}" -nostdlib -nostartfiles -static -T blinky.ld
    -Wl,--build-id=none -Wl,--nmagic -Wl,--fatal-warnings)

# The tools run inside the source folder and see relative names only: an object file names its source, an S-record its file.
cd "$here"
"${prefix}gcc" "${cpu[@]}" -c startup.s -o "$work/startup.o"
"${prefix}gcc" "${cpu[@]}" -c boot_header.s -o "$work/boot_header.o"
"${prefix}gcc" "${cflags[@]}" -c main.c -o "$work/main.o"
"${prefix}gcc" "${cflags[@]}" -DFAST -c main.c -o "$work/main_fast.o"

link() { # NAME OBJECT...
    local name=$1
    shift
    "${prefix}gcc" "${ldflags[@]}" -o "$work/$name.elf" "${@/#/$work/}"
    (
        cd "$work"
        "${prefix}objcopy" -O binary "$name.elf" "$name.bin"
        "${prefix}objcopy" -O ihex "$name.elf" "$name.hex"
        "${prefix}objcopy" -O srec "$name.elf" "$name.srec"
    )
}
link blinky startup.o main.o
link blinky_fast startup.o main_fast.o
link blinky_boot boot_header.o startup.o main.o

products=()
for name in blinky blinky_fast blinky_boot; do
    products+=("$name".{elf,bin,hex,srec})
done

if [[ $check == no ]]; then
    for product in "${products[@]}"; do
        install -m 644 "$work/$product" "$here/$product"
    done
    echo "blinky: built ${#products[@]} files"
    exit 0
fi

version=$("${prefix}gcc" --version | sed -n 1p)
if [[ $version != *"$compiler_of_record" ]]; then
    echo "blinky: builds with $version; not compared, the committed files come from $compiler_of_record"
    exit 0
fi
different=0
for product in "${products[@]}"; do
    cmp "$work/$product" "$here/$product" || different=1
done
if [[ $different == 1 ]]; then
    echo "blinky: the committed files are not what the sources give; run build.sh and commit" >&2
    exit 1
fi
echo "blinky: all ${#products[@]} committed files reproduced"
