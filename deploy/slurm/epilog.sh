#!/usr/bin/env bash
# Slurm's Epilog on each node: ends the measurement and adds a line to energy.csv: the job, its user, node and joules.
set -u
dir=${WATTLINE_SLURM_DIR:-/var/spool/wattline}
name="$dir/${SLURM_JOB_ID:?}-${SLURMD_NODENAME:-$(hostname -s)}"
[ -f "$name.pid" ] || exit 0
pid=$(cat "$name.pid")
# TERM, not INT: a shell without a terminal starts what runs beside it with INT ignored
kill -TERM "$pid" 2> /dev/null
for _ in $(seq 100); do kill -0 "$pid" 2> /dev/null || break; sleep 0.1; done
kill -KILL "$pid" 2> /dev/null
[ -f "$dir/energy.csv" ] || echo "job,user,host,begin,end,gpus,energy_wh,low_wh,high_wh" > "$dir/energy.csv"
energy=$(${WATTLINE:-wattline} meter report "$name.wattline" --json 2>> "$name.log" | python3 -c '
import json, sys
wh = json.load(sys.stdin)["results"]["energy_wh"]
print(",".join(str(wh[key]) for key in ("value", "low", "high")))') || energy=",,"
gpus=$(echo "${SLURM_JOB_GPUS:-}" | tr ',' ' ')
echo "$SLURM_JOB_ID,${SLURM_JOB_USER:-},${SLURMD_NODENAME:-$(hostname -s)},$(cat "$name.begin"),$(date -u +%Y-%m-%dT%H:%M:%SZ),$gpus,$energy" >> "$dir/energy.csv"
rm -f "$name.pid" "$name.begin"
exit 0
