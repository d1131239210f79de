"""Executors that do in this process what clusters do: lose workers, break, forget, differ."""

import pickle
from collections import Counter
from concurrent.futures import BrokenExecutor, Future
from types import SimpleNamespace
from unittest import mock

from rewire.executors import sources


class Own:
    """Calls each function when it is asked for the answer; two workers, so it says."""

    num_workers = 2

    def __init__(self):
        self.batches = []
        self.most = 0
        self._waiting = []

    def submit(self, function, *arguments):
        """Keep what is to be done until there are as many as it is ever sent at a time."""
        future = Future()
        self.batches.append(arguments[0])
        self._waiting.append((future, function, arguments))
        self.most = max(self.most, len(self._waiting))
        if len(self._waiting) >= 2 * self.num_workers or self.is_last():
            self.turn()
        return future

    def is_last(self):
        """Whether waiting for more would be in vain; a subclass may know better."""
        return True

    def turn(self):
        """Do what waits."""
        waiting, self._waiting = self._waiting, []
        for future, function, arguments in waiting:
            try:
                future.set_result(self.call(function, *arguments))
            except Exception as error:
                future.set_exception(error)

    def call(self, function, batch):
        """Do a batch as another process would: of what was sent, a copy."""
        return pickle.loads(pickle.dumps(function(pickle.loads(pickle.dumps(batch)))))


class Losing(Own):
    """Loses the worker of some jobs so many times each."""

    def __init__(self, times, error=None):
        super().__init__()
        self.left, self.error = Counter(times), error or OSError("the node is gone")

    def call(self, function, batch):
        for job in batch.jobs:
            if self.left[job.key] > 0:
                self.left[job.key] -= 1
                raise self.error
        return super().call(function, batch)


class Restarted(Own):
    """A client of Dask whose scheduler is another one after some batches, which it never knew."""

    def __init__(self, forgotten):
        super().__init__()
        self.forgotten = forgotten
        self._client = SimpleNamespace(
            status="running",
            nthreads=lambda: {"worker": 2},
            scheduler_info=lambda: {"id": f"begun {len(self.batches) >= self.forgotten}"},
        )

    def submit(self, function, *arguments):
        """Return a future that no one will answer, for the first batches."""
        if len(self.batches) < self.forgotten:
            self.batches.append(arguments[0])
            return Future()
        return super().submit(function, *arguments)


class Breaking(Own):
    """A pool that breaks, with all that it has, when it comes to a job; a new one does again."""

    made = 0

    def __init__(self, guilty):
        super().__init__()
        self.guilty, self.broken = guilty, False
        type(self).made += 1

    def is_last(self):
        return False

    def submit(self, function, *arguments):
        if self.broken:
            raise BrokenExecutor("broken before")
        future = super().submit(function, *arguments)
        batch = arguments[0]
        if any(job.key == self.guilty for job in batch.jobs):
            self.broken = True
            waiting, self._waiting = self._waiting, []
            for one, _, _ in waiting:
                one.set_exception(BrokenExecutor("a process ended"))
        elif len(self._waiting) == 1 and len(batch.jobs) == 1:
            self.turn()
        return future


class Far(Own):
    """A computer with a memory of its own and without the data's files."""

    num_workers = 1

    def __init__(self):
        super().__init__()
        self.memory = type(sources._kept)()

    def call(self, function, batch):
        absent = mock.Mock(side_effect=FileNotFoundError("no such data"))
        with (
            mock.patch.object(sources, "_kept", self.memory),
            mock.patch.object(sources, "load_dataset", absent),
        ):
            return super().call(function, batch)


class Backwards(Own):
    """Answers so many batches at a time, the last one first."""

    def __init__(self, at_a_time):
        super().__init__()
        self.at_a_time = at_a_time

    def is_last(self):
        return len(self._waiting) == self.at_a_time

    def turn(self):
        self._waiting.reverse()
        super().turn()
