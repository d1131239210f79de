"""Messages between the processes that train one model, of which the first one leads.

Point-to-point messages rather than collectives: where one process has ended, the first one sees
which, and can still tell the others. Every exchange begins with :meth:`Channel.collect`, in which
all take part and any can report a failure, so that an error of one never leaves the others waiting.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from rewire.io import advise

from .packing import pack, unpack

__all__ = ["Answer", "Channel", "Failure", "Verdict", "attempt"]


class ProcessFailedError(RuntimeError):
    """Another process that trains the same model has failed."""


class Failure(NamedTuple):
    """Why a process cannot go on; whether because another one has ended."""

    text: str
    lost: bool

    @classmethod
    def of(cls, error: Exception, rank: int) -> Failure:
        """Describe an error of a rank, or one that another has reported to it."""
        if isinstance(error, (ConnectionError, ProcessFailedError)):
            return cls(str(error), isinstance(error, ConnectionError))
        return cls(f"rank {rank}: {type(error).__name__}: {error}", lost=False)

    @property
    def error(self) -> Exception:
        """What other processes raise."""
        return ConnectionError(self.text) if self.lost else ProcessFailedError(self.text)


class Verdict(NamedTuple):
    """What the first process has decided; it ends an exchange."""

    value: Any


class Answer(NamedTuple):
    """What one process has sent."""

    message: Any
    tensors: list[Tensor]


class Channel:
    """Connects the processes of a group, by a group of its own on the CPU.

    Parameters
    ----------
    group : torch.distributed.ProcessGroup, optional
        All of its processes must make a channel. None: this process is alone.
    timeout : float, default 600
        Seconds that a process waits for another.

    Attributes
    ----------
    rank, size : int
        Within the group.
    bytes : int
        Sent and received so far by this process.
    """

    def __init__(self, group: Any = None, timeout: float = 600.0):
        self.ranks = [0] if group is None else dist.get_process_group_ranks(group)
        self.size = len(self.ranks)
        self.rank = 0 if group is None else dist.get_rank(group)
        self.group, self.timeout = None, timeout
        if self.size > 1:
            self.group = dist.new_group(
                self.ranks,
                timeout=timedelta(seconds=timeout),
                backend="gloo",
                use_local_synchronization=True,
            )
        self.bytes, self._task = 0, "its start"

    @property
    def leads(self) -> bool:
        """Whether this is the first process."""
        return self.rank == 0

    @contextmanager
    def during(self, task: str) -> Iterator[None]:
        """Name what is done, for error messages."""
        before, self._task = self._task, task
        try:
            yield
        finally:
            self._task = before

    # ------------------------------------------------------------------------------- exchanges

    def collect(self, make: Callable[[], Any]) -> list[Any]:
        """Bring what all processes have made to the first one.

        Returns
        -------
        list
            One for each rank; on the others than the first, their own alone. These go on with
            :meth:`obey`, and the first one with :meth:`leading`.

        Raises
        ------
        RuntimeError
            If one of them failed.
        """
        made, error = attempt(make)
        if not self.leads:
            self.send(0, made if error is None else Failure.of(error, self.rank))
            if error is not None:
                with suppress(ConnectionError):
                    self.receive(0)  # it tells all, this one too
                raise error
            return [made]
        with self.leading():
            others = self._receive_all(error)
        return [made, *(answer.message for answer in others)]

    def ask(self, question: Any, own: Callable[[], list[Tensor]]) -> list[list[Tensor]]:
        """Put a question to all processes that :meth:`obey`, and return their answers by rank."""
        for rank in range(1, self.size):
            self.send(rank, question)
        tensors, error = attempt(own)
        others = self._receive_all(error)
        return [tensors, *(answer.tensors for answer in others)]

    @contextmanager
    def leading(self) -> Iterator[None]:
        """Tell the others when the first process fails."""
        try:
            yield
        except Exception as error:
            for rank in range(1, self.size):
                with suppress(ConnectionError):  # the one that has ended
                    self.send(rank, Failure.of(error, self.rank))
            raise

    def decide(self, value: Any) -> None:
        """Tell the others what was decided."""
        for rank in range(1, self.size):
            self.send(rank, Verdict(value))

    def obey(self, answer: Callable[[Any], list[Tensor]]) -> Any:
        """Answer the first process's questions until it has decided; return the decision.

        Raises
        ------
        RuntimeError
            If the first one, or any other, failed.
        """
        error: Exception | None = None
        while True:
            message = self.receive(0).message
            if isinstance(message, Verdict):
                return message.value
            if isinstance(message, Failure):
                raise error or message.error
            tensors, error = attempt(partial(answer, message))
            if error is None:
                self.send(0, None, tensors)
            else:
                self.send(0, Failure.of(error, self.rank))

    def _receive_all(self, error: Exception | None) -> list[Answer]:
        """Receive from each rank, then raise what failed: nobody is left waiting to send."""
        answers = []
        for rank in range(1, self.size):
            try:
                answer = self.receive(rank)
            except ConnectionError as lost:
                error = error or lost
                continue
            answers.append(answer)
            if isinstance(answer.message, Failure):
                error = error or answer.message.error
        if error is not None:
            raise error
        return answers

    # ------------------------------------------------------------------------ single messages

    def send(self, to: int, message: Any, tensors: Sequence[Tensor] = ()) -> None:
        """Send a message and tensors; waits until they are received."""
        packed = [pack(tensor) for tensor in tensors]
        header = pickle.dumps((message, [kind for kind, _ in packed]))
        data = torch.frombuffer(bytearray(header), dtype=torch.uint8)
        length = torch.tensor([len(data)]).view(torch.uint8)
        for part in (length, data, *(part for _, parts in packed for part in parts)):
            self._transfer(dist.send, part, to)

    def receive(self, sender: int) -> Answer:
        """Return what a rank has sent, once it is there."""
        length = self._bytes(8, sender).view(torch.int64)
        message, kinds = pickle.loads(self._bytes(int(length), sender).numpy().tobytes())
        tensors = [
            unpack(kind, [self._bytes(size, sender) for size in kind.parts]) for kind in kinds
        ]
        return Answer(message, tensors)

    def _bytes(self, count: int, sender: int) -> Tensor:
        data = torch.empty(count, dtype=torch.uint8)
        self._transfer(dist.recv, data, sender)
        return data

    def _transfer(self, move: Callable[..., Any], tensor: Tensor, rank: int) -> None:
        if not tensor.numel():
            return
        with self.watching(rank):
            move(tensor, self.ranks[rank], group=self.group)
        self.bytes += tensor.nbytes

    @contextmanager
    def watching(self, rank: int | None = None) -> Iterator[None]:
        """Say which process has ended, where a transfer fails."""
        try:
            yield
        except RuntimeError as error:
            who = "another process" if rank is None else f"rank {rank}"
            if "timed out" in str(error).lower():
                raise ConnectionError(
                    advise(
                        f"{who} has not answered for {self.timeout:g} seconds during {self._task}",
                        "find out what it does, as by py-spy dump",
                        "let it have more time (timeout=)",
                    )
                ) from error
            raise ConnectionError(
                f"{who} has ended during {self._task}: its own output says why"
            ) from error


def attempt(make: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """Return what a function makes, or why it failed."""
    try:
        return make(), None
    except Exception as error:
        return None, error
