"""A sparse model trained and rewired by several processes, each with its part of every batch.

python examples/data_parallel.py
torchrun --standalone --nproc-per-node 2 examples/data_parallel.py

With --deterministic both end with the same fingerprint: the weights are the same bits.
"""

import sys
import zlib

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import rewire
import rewire.torch as rt

deterministic = "--deterministic" in sys.argv
rank, size = 0, 1
if dist.is_torchelastic_launched():  # by torchrun
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
torch.set_num_threads(1)
torch.manual_seed(0)

train, test = rewire.data.load("digits").split(0.25, seed=0)
X, y = torch.tensor(train.X), torch.tensor(train.y)
model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
rt.sparsify(model, density=0.1, seed=0)
parallel = model
if size > 1 and not deterministic:
    parallel = DistributedDataParallel(model)
optimizer = torch.optim.AdamW(rt.parameter_groups(model, weight_decay=0.01), lr=0.003)
rewirer = rt.Rewirer(
    parallel, optimizer, "rigl", steps=300, every=20, seed=0, deterministic=deterministic
)
order = torch.Generator().manual_seed(0)
for _ in range(300):
    batch = torch.randint(len(X), (128,), generator=order).chunk(size)[rank]  # this process's part
    optimizer.zero_grad()
    parts = rewirer.shards(X[batch], y[batch]) if deterministic else [(X[batch], y[batch])]
    for inputs, classes in parts:
        nn.functional.cross_entropy(parallel(inputs), classes).backward()
    optimizer.step()
    rewirer.step()

if rank == 0:
    right = (model(torch.tensor(test.X)).argmax(1) == torch.tensor(test.y)).float().mean()
    weights = b"".join(p.detach().numpy().tobytes() for p in model.parameters())
    print(f"{size} process{'es' * (size > 1)}: {right:.1%} of the test digits right")
    print(f"{len(rewirer.history)} rewirings, fingerprint of the weights {zlib.crc32(weights):08x}")
if size > 1:
    dist.destroy_process_group()
