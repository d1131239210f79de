"""Runs a function on several processes that train one model."""

import multiprocessing
import pickle
import tempfile
import traceback
from functools import cache
from multiprocessing import forkserver
from pathlib import Path

import torch
import torch.distributed as dist


def run(size, job, *args):
    """Run a job on so many processes; return what each returned, or the exception it raised.

    The job takes the rank, the number of processes and ``args``. None for a killed one. Processes
    are forked from one that has loaded all they need. Arguments and results are pickled here, as
    multiprocessing would share the memory of tensors.
    """
    context, data = preload(), pickle.dumps(args)
    with tempfile.TemporaryDirectory() as folder:
        started = []
        for rank in range(size):
            receiver, sender = context.Pipe(duplex=False)
            work = (sender, rank, size, Path(folder, "meeting"), job, data)
            process = context.Process(target=_work, args=work, daemon=True)
            process.start()
            sender.close()
            started.append((process, receiver))
        return [_result(process, receiver) for process, receiver in started]


@cache
def preload():
    """Have the server of forks load PyTorch; another one may serve, begun for studies."""
    context = multiprocessing.get_context("forkserver")
    forkserver._forkserver._stop()  # there is no other way, and nothing of it runs any more
    context.set_forkserver_preload(["tests.torch.preloaded"])
    forkserver.ensure_running()
    return context


def _result(process, receiver):
    """Return what a process sends; one that does not answer is stopped."""
    try:
        answered = receiver.poll(150)  # kernels may have to be compiled first
        result = pickle.loads(receiver.recv_bytes()) if answered else TimeoutError()
    except EOFError:
        result = None
    process.join(5)
    process.kill()
    return result


def _work(sender, rank, size, meeting, job, data):
    torch.set_num_threads(1)
    method = f"file://{meeting}"
    dist.init_process_group("gloo", init_method=method, rank=rank, world_size=size)
    try:
        result = job(rank, size, *pickle.loads(data))
    except Exception as error:
        error.add_note(traceback.format_exc())
        result = error
    sender.send_bytes(pickle.dumps(result))
    if not isinstance(result, Exception):
        dist.destroy_process_group()
