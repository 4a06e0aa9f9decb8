#!/usr/bin/env bash
# A new crate from the README alone, built and run in three minutes without downloads.
exec "$(dirname "$0")/../../grpc/new-crate.sh"
