#!/usr/bin/env python3
"""Budgets of the box, measured on the real gnomond against simulated surroundings.

Runs gnomond with real sockets at 60 times calendar speed for two calendar hours per figure and scales to a day; every figure
stands beside its target. Usage: box.py BUILD [SECONDS]. Needs nothing but the standard library.
"""
import os, re, shutil, signal, socket, subprocess, sys, tempfile, time

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 120.0
SPEED = 60
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))


# /run is in memory on a real box; a disk there would be charged for a file that nobody keeps.
RUNTIME = tempfile.mkdtemp(prefix="gnomon-run-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def proc(pid, name):
    with open(f"/proc/{pid}/{name}") as f:
        return f.read()


def field(text, name):
    m = re.search(rf"^{name}:\s+(\d+)", text, re.M)
    return int(m.group(1)) if m else 0


def cpu_s(pid):
    """Nanoseconds on a processor, not clock ticks: an idle daemon uses few of those."""
    return int(proc(pid, "schedstat").split()[0]) / 1e9


def threads_switches(pid):
    return field(proc(pid, "status"), "voluntary_ctxt_switches")


def snapshot(pid):
    return {"cpu": cpu_s(pid), "wake": threads_switches(pid), "bytes": field(proc(pid, "io"), "write_bytes")}


def wait_for(path, needle, seconds):
    end = time.time() + seconds
    while time.time() < end:
        try:
            with open(path) as f:
                if needle in f.read():
                    return True
        except OSError:
            pass
        time.sleep(0.02)
    return False


def world(folder, *more):
    ready = os.path.join(folder, "ready")
    log = open(os.path.join(folder, "world.log"), "w")
    p = subprocess.Popen([f"{BUILD}/gnomon-world", "--seed", "7", "--start", "2026-05-14T12:00", "--speed", str(SPEED), "--http-port", "0", "--modbus-port", "0",
                          "--ready-file", ready, *more], stdout=log, stderr=log)
    assert wait_for(ready, "=", 10), "gnomon-world did not start"
    ports = dict(line.strip().split("=", 1) for line in open(ready) if "=" in line)
    return p, {k.lower(): v for k, v in ports.items()}


def configure(folder, ports, feeds=True):
    modbus = next(v for k, v in ports.items() if "modbus" in k)
    http = next(v for k, v in ports.items() if "http" in k)
    with open(os.path.join(folder, "gnomon.conf"), "w") as f:
        f.write(f"[site]\nname = bench\nlatitude = 50.85\nlongitude = 4.35\nzone = Europe/Brussels\ncountry = BE\ncontact = bench@example.org\n"
                f"[paths]\nstate = {folder}/state\nruntime = {RUNTIME}\nshare = {ROOT}/config\n"
                f"[controller main]\nmap = epever\nline = tcp:127.0.0.1:{modbus}\n")
        for feed in ("met-norway", "eurostat-hicp", "eurostat-hicp-first", "open-meteo-forecast", "open-meteo-hourly", "gdelt-raw", "gdelt-vol", "openligadb"):
            f.write(f"[feed {feed}]\nuse = {'yes' if feeds else 'no'}\nlocal = yes\nbase = http://127.0.0.1:{http}\nquery = strike\nleague = bl1\nseason = 2025\n")


def start(folder, *more):
    """Milliseconds until READY=1 arrives on the notification socket: by the clock, on a processor, waiting for one; and the process."""
    path = os.path.join(folder, "notify")
    if os.path.exists(path):
        os.unlink(path)
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    s.settimeout(20)
    log = open(os.path.join(folder, "log"), "a")
    begun = time.monotonic()
    p = subprocess.Popen([f"{BUILD}/gnomond", "-c", f"{folder}/gnomon.conf", *more], stdout=log, stderr=log, env={**os.environ, "NOTIFY_SOCKET": path})
    while b"READY=1" not in s.recv(4096):
        pass
    ms = (time.monotonic() - begun) * 1000
    ran, waited = (int(x) / 1e6 for x in proc(p.pid, "schedstat").split()[:2])
    s.close()
    return (ms, ran, waited), p


def stop(p):
    begun = time.monotonic()
    p.send_signal(signal.SIGTERM)
    p.wait(10)
    return (time.monotonic() - begun) * 1000


def memory(pid):
    text = proc(pid, "status")
    return field(text, "RssAnon") / 1024, field(text, "VmRSS") / 1024


def installed():
    dest = tempfile.mkdtemp()
    subprocess.run(["make", "-s", "-C", ROOT, f"BUILD={os.path.abspath(BUILD)}", "install", f"DESTDIR={dest}"], check=True, stdout=subprocess.DEVNULL)
    total = sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(dest) for f in files)
    sizes = {n: os.path.getsize(os.path.join(d, n)) for d, _, files in os.walk(dest) for n in files if n in ("gnomond", "gnomon", "engine.so")}
    shutil.rmtree(dest)
    return total / 1e6, sizes


def say(name, value, target):
    print(f"| {name} | {value} | {target} |", flush=True)


def main():
    folder = tempfile.mkdtemp(prefix="gnomon-bench-")
    print("| budget on the box | measured | target |\n|---|---|---|")
    total, sizes = installed()
    say("installed size without libraries", f"{total:.2f} MB (gnomond {sizes['gnomond'] // 1024} KiB, gnomon {sizes['gnomon'] // 1024} KiB, engine.so {sizes['engine.so'] // 1024} KiB)", "<= 1 MB")
    os.makedirs(f"{folder}/state/inbox")
    w, ports = world(folder, "--soc", "0.97", "--businesses", "30", "--years", "3", "--inbox", f"{folder}/state/inbox")
    configure(folder, ports)
    first, p = start(folder, "--speed", str(SPEED), "--start", "2026-05-14T12:00:00+02:00")
    trained = wait_for(f"{folder}/log", "series learned", 120)
    time.sleep(5)
    peak = field(proc(p.pid, "status"), "VmHWM") / 1024
    modbus = next(v for k, v in ports.items() if "modbus" in k)
    a = snapshot(p.pid)
    bare = subprocess.run([f"{BUILD}/bench-floor", modbus, str(30000 // SPEED), str(SECONDS)], check=True, capture_output=True, text=True)
    b = snapshot(p.pid)
    anon, rss = memory(p.pid)
    calendar_s = SECONDS * SPEED
    say("private memory idle after fetches and a training; VmRSS", f"{anon:.1f} MiB; {rss:.1f} MiB{'' if trained else ' (no training happened)'}", "<= 6 MiB; <= 20 MiB")
    say("peak resident in training, 30 series x 3 years daily", f"{peak:.1f} MiB whole, about {peak - (rss - anon):.1f} private", "<= 32 MiB private")
    floor, idle = float(bare.stdout) * 86400 / calendar_s, (b["cpu"] - a["cpu"]) * 86400 / calendar_s
    say("CPU idle per day (30 s polls, 8 feeds)", f"{idle:.2f} s, {idle / floor:.1f} times a bare polling loop in the same run ({floor:.2f} s)", "<= 1.6 s")
    say("wake-ups idle (TCP)", f"{(b['wake'] - a['wake']) / calendar_s:.3f} per second", "<= 0.2 per second")
    say("device bytes per day (write_bytes of the process)", f"{(b['bytes'] - a['bytes']) * 86400 / calendar_s / 1e6:.1f} MB", "<= 4 MB idle")
    busy = stop(p)
    second, p = start(folder, "--speed", "1", "--start", "2026-05-14T18:00:00+02:00")
    say("start to READY (3 years of activity in state.db)", f"{second[0]:.0f} ms: {second[1]:.0f} on a processor, {second[2]:.0f} waiting for one (first start {first[0]:.0f} ms)", "<= 100 ms")
    time.sleep(5)
    say("SIGTERM to exit", f"{stop(p):.0f} ms idle, {busy:.0f} ms with an hour of imports and training to check in", "<= 50 ms idle, <= 1 s always")
    w.terminate()
    w.wait(10)
    shutil.rmtree(RUNTIME)
    if os.environ.get("KEEP"):
        print(folder)
    else:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
