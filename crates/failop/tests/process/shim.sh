#!/bin/sh
# Becomes the process that the watchdog asks for (`shim.sh node <role> --boot <descriptor>`), but its own
# name says how the radar misbehaves. The real program stands beside the name that it was called by.
case "${0##*/}:$2" in
    exits:radar) exit 3 ;;
    is-killed:radar) kill -KILL $$ ;;
    never-attaches:radar) exec sleep 1000 ;;
    ignores-the-end:radar) trap '' TERM ;;
esac
exec "${0%/*}/failop" "$@"
