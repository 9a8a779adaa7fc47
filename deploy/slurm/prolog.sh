#!/usr/bin/env bash
# Slurm's Prolog on each node: begins to measure the job. It never fails the job: what goes wrong is told in the log.
# WATTLINE_SLURM_DIR: a folder that the epilog finds again [/var/spool/wattline]; WATTLINE: the command [wattline].
set -u
dir=${WATTLINE_SLURM_DIR:-/var/spool/wattline}
name="$dir/${SLURM_JOB_ID:?}-${SLURMD_NODENAME:-$(hostname -s)}"
mkdir -p "$dir" || exit 0
setsid ${WATTLINE:-wattline} measure --interval "${WATTLINE_INTERVAL:-1s}" --name "job-$SLURM_JOB_ID" \
  --journal "$name.wattline" --for "${WATTLINE_SLURM_LIMIT:-60 days}" > "$name.log" 2>&1 < /dev/null &
echo $! > "$name.pid"
date -u +%Y-%m-%dT%H:%M:%SZ > "$name.begin"
exit 0
