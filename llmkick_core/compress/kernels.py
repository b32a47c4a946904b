"""The Triton kernels behind fused.py, which is what imports this module: Triton comes with torch's GPU builds only.

A tile is (padded, rows): a block's columns down, rows of the weight across. Column j is read out of the tile by a sum in which all else is zero.
"""

import triton
import triton.language as tl

SMALLEST = tl.constexpr(2.0**-24)
LARGEST = tl.constexpr(65504.0)
TO_EVEN = tl.constexpr(12582912.0)


@triton.jit
def nearest(x):
    """Return x rounded to the nearest integer, halves to the even one; |x| under 2^22."""
    return (x + TO_EVEN) - TO_EVEN


@triton.jit
def stored(step):
    """Return a scale as float16 keeps it."""
    return tl.minimum(tl.maximum(tl.minimum(step, LARGEST).to(tl.float16).to(tl.float32), SMALLEST), LARGEST)


@triton.jit
def prune_block(
    columns, errors, local, mask, n_out, width, removed: tl.constexpr, m: tl.constexpr, padded: tl.constexpr, rows: tl.constexpr
):
    """Settle the columns (width, out) of a block: what `mask` says goes, or with m the `removed` lowest of every m."""
    c = tl.arange(0, padded)[:, None]
    r = tl.program_id(0) * rows + tl.arange(0, rows)[None, :]
    inside = (c < width) & (r < n_out)
    w = tl.load(columns + c * n_out + r, mask=inside, other=0.0)
    if m == 0:
        goes = tl.load(mask + c * n_out + r, mask=inside, other=0).to(tl.int32)
    else:
        goes = tl.zeros((padded, rows), tl.int32)
        diagonal = tl.load(local + c * (width + 1), mask=c < width, other=1.0)
    for j in range(width):
        if m > 0:  # noqa: SIM102  (a constant: what follows is compiled only then)
            if j % m == 0:  # the lowest of the next m go; of equals, the first
                importance = w * w / (diagonal * diagonal)
                rank = tl.zeros((padded, rows), tl.int32)
                for k in tl.static_range(m):
                    other = tl.sum(tl.where(c == j + k, importance, 0.0), axis=0)[None, :]
                    rank += tl.where((other < importance) | ((other == importance) & (j + k < c)), 1, 0)
                goes = tl.where((c >= j) & (c < j + m), tl.where(rank < removed, 1, 0), goes)
        now = tl.sum(tl.where(c == j, w, 0.0), axis=0)[None, :]
        settled = tl.where(tl.sum(tl.where(c == j, goes, 0), axis=0)[None, :] > 0, 0.0, now)
        error = (now - settled) / tl.load(local + j * (width + 1))
        tl.store(errors + j * n_out + r, error, mask=r < n_out)
        factor = tl.load(local + j * width + c, mask=c < width, other=0.0)
        w = tl.where(c == j, settled, tl.where(c > j, w - factor * error, w))
    tl.store(columns + c * n_out + r, w, mask=inside)


@triton.jit
def round_block(
    columns,
    errors,
    local,
    scales,
    lows,
    highs,
    mask,
    n_out,
    width,
    half: tl.constexpr,
    size: tl.constexpr,
    is_symmetric: tl.constexpr,
    has_zeros: tl.constexpr,
    padded: tl.constexpr,
    rows: tl.constexpr,
):
    """Settle the columns (width, out) of a block at the nearest steps of `scales`: given for each column, or with `size` taken when a group is reached."""
    c = tl.arange(0, padded)[:, None]
    r = tl.program_id(0) * rows + tl.arange(0, rows)[None, :]
    inside = (c < width) & (r < n_out)
    w = tl.load(columns + c * n_out + r, mask=inside, other=0.0)
    zeros = tl.zeros((padded, rows), tl.int32)
    if has_zeros:
        zeros = tl.load(mask + c * n_out + r, mask=inside, other=0).to(tl.int32)
    scale = tl.full((1, rows), 1.0, tl.float32)
    low = tl.full((1, rows), -half, tl.float32)
    high = tl.full((1, rows), half - 1, tl.float32)
    for j in range(width):
        if size == 0:
            scale = tl.load(scales + j * n_out + r, mask=r < n_out, other=1.0)
            if not is_symmetric:
                low = tl.load(lows + j * n_out + r, mask=r < n_out, other=0.0)
                high = tl.load(highs + j * n_out + r, mask=r < n_out, other=0.0)
        else:
            if j % size == 0:  # what will be zero must not widen the grid
                seen = tl.where((c >= j) & (c < j + size) & (c < width) & (zeros == 0), w, 0.0)
                at = (j // size) * n_out + r
                if is_symmetric:
                    scale = stored(tl.div_rn(tl.max(tl.abs(seen), axis=0)[None, :], half - 0.5))
                else:
                    least = tl.minimum(tl.min(seen, axis=0)[None, :], 0.0)
                    most = tl.maximum(tl.max(seen, axis=0)[None, :], 0.0)
                    scale = stored((most - least) / (2 * half - 1))
                    zero = tl.minimum(tl.maximum(nearest(-least / scale), 0.0), 2.0 * half - 1)
                    low, high = -zero, 2 * half - 1 - zero
                    tl.store(lows + at, low, mask=r < n_out)
                    tl.store(highs + at, high, mask=r < n_out)
                tl.store(scales + at, scale, mask=r < n_out)
        now = tl.sum(tl.where(c == j, w, 0.0), axis=0)[None, :]
        steps = tl.minimum(tl.maximum(now / scale, -4194304.0), 4194304.0)
        settled = tl.minimum(tl.maximum(nearest(steps), low), high) * scale
        if has_zeros:
            settled = tl.where(tl.sum(tl.where(c == j, zeros, 0), axis=0)[None, :] > 0, 0.0, settled)
        error = (now - settled) / tl.load(local + j * (width + 1))
        tl.store(errors + j * n_out + r, error, mask=r < n_out)
        factor = tl.load(local + j * width + c, mask=c < width, other=0.0)
        w = tl.where(c == j, settled, tl.where(c > j, w - factor * error, w))
    tl.store(columns + c * n_out + r, w, mask=inside)
