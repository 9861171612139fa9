#!/bin/sh
# Ends servers whose test process is gone, however it went (kill -9 included): standard input is a pipe that only
# the test process holds, so it ends when that process does. Lines: "+ pid", "- pid", "+dir path", "-dir path".
trap '' INT TERM HUP
pids=" "
dirs=
while read -r what value; do
  case $what in
  +) pids="$pids$value " ;;
  -) pids="${pids%% "$value" *} ${pids#* "$value" }" ;;
  +dir) dirs="$dirs
$value" ;;
  -dir) dirs=$(printf '%s\n' "$dirs" | grep -Fxv -- "$value") ;;
  esac
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
for pid in $pids; do
  for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null && sleep 0.1 || break; done
done
printf '%s\n' "$dirs" | while read -r dir; do [ -n "$dir" ] && rm -rf -- "$dir"; done
exit 0
