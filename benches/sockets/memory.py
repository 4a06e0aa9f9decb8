"""What connections and streams cost a server that holds them, and what stays when they are gone."""

import subprocess
import time

from servers import TARGET

IDLE = 10_000
STREAMS = (100, 100)
CHURN = 100_000
# Time for a server to give back what it can.
REST = 3.0


class Held:
    """A client that holds what it was told to, until it is let go. `None` where limits forbid."""

    def __init__(self, running, *mode):
        command = [str(TARGET / "release/holding"), f"127.0.0.1:{running.port}", *map(str, mode)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.stands = self.process.stdout.readline().strip() == "ready"

    def let_go(self):
        self.process.stdin.close()
        return self.process.wait(60)


def measured(running, *mode):
    """Octets of memory while it is held, descriptors and octets that stay after it."""
    before, open_before = running.resident(), running.descriptors()
    held = Held(running, *mode)
    time.sleep(REST)
    grown = running.resident() - before
    code = held.let_go()
    if not held.stands:
        return None, code, None
    time.sleep(REST)
    return grown, running.descriptors() - open_before, running.resident() - before


def memory(server, scratch):
    """Octets per idle connection, per open stream; octets that stay after many connections."""
    figures = {}
    running = server.start(scratch)
    measured(running, "churn", 100)
    grown, fds, stays = measured(running, "idle", IDLE)
    figures["idle"] = grown and grown / IDLE
    figures["after idle"] = (stays, fds)
    running.stop()
    running = server.start(scratch)
    connections, streams = STREAMS
    measured(running, "churn", 100)
    grown, fds, stays = measured(running, "streams", connections, streams)
    figures["stream"] = grown and grown / (connections * streams)
    figures["after streams"] = (stays, fds)
    running.stop()
    return figures
