"""One block of SparseGPT's or GPTQ's columns a launch.

A tile is (padded, rows): a block's columns down, their number brought to a power of two, rows of the weight across. Column j is read out of the tile by a sum in which all else
is zero. Divisions are the exactly rounded ones and products are not fused with sums, as in torch.
"""

import triton
import triton.language as tl

SMALLEST = tl.constexpr(2.0**-24)
LARGEST = tl.constexpr(65504.0)
TO_EVEN = tl.constexpr(12582912.0)  # 1.5 * 2^23: added and taken away again, it rounds to integers, halves to the even one


@triton.jit
def nearest(x):
    """Return x rounded to the nearest integer, halves to the even one; |x| at most 2^22."""
    return (tl.minimum(tl.maximum(x, -4194304.0), 4194304.0) + TO_EVEN) - TO_EVEN


@triton.jit
def as_float16(step):
    """Return a scale as float16 keeps it."""
    return tl.minimum(tl.maximum(tl.minimum(step, LARGEST).to(tl.float16).to(tl.float32), SMALLEST), LARGEST)


@triton.jit
def spread(w, c, r, j, now, settled, errors, local, n_out, width, rows: tl.constexpr):
    """Return the tile with column j settled and its error, which is stored, made up for by the columns to its right."""
    pivot = tl.load(local + j * (width + 1)) + tl.zeros((1, rows), tl.float32)
    error = tl.div_rn(now - settled, pivot)
    tl.store(errors + j * n_out + r, error, mask=r < n_out)
    factor = tl.load(local + j * width + c, mask=c < width, other=0.0)
    return tl.where(c == j, settled, tl.where(c > j, w - factor * error, w))


@triton.jit
def prune_block(
    columns, errors, local, mask, n_out, width, removed: tl.constexpr, m: tl.constexpr, padded: tl.constexpr, rows: tl.constexpr
):
    """Settle the columns (width, out) of a block: what `mask` says goes, or with m the `removed` lowest of every m."""
    c = tl.arange(0, padded)[:, None]
    r = tl.program_id(0) * rows + tl.arange(0, rows)[None, :]
    inside = (c < width) & (r < n_out)
    w = tl.load(columns + c * n_out + r, mask=inside, other=0.0)
    rank = tl.zeros((padded, rows), tl.int32)  # of each weight in its group of m
    diagonal = tl.load(local + c * (width + 1), mask=c < width, other=1.0)
    for j in range(width):
        now = tl.sum(tl.where(c == j, w, 0.0), axis=0)[None, :]
        if m == 0:
            settled = tl.where(tl.load(mask + j * n_out + r, mask=r < n_out, other=0) != 0, 0.0, now)
        else:
            if j % m == 0:  # of equals, the first goes first
                importance = tl.div_rn(w * w, tl.broadcast_to(diagonal * diagonal, (padded, rows)))
                rank = tl.zeros((padded, rows), tl.int32)
                for k in tl.static_range(m):
                    other = tl.sum(tl.where(c == j + k, importance, 0.0), axis=0)[None, :]
                    rank += tl.where((other < importance) | ((other == importance) & (j + k < c)), 1, 0)
            settled = tl.where(tl.sum(tl.where(c == j, rank, 0), axis=0)[None, :] < removed, 0.0, now)
        w = spread(w, c, r, j, now, settled, errors, local, n_out, width, rows)
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
    """Settle the columns (width, out) of a block at the nearest steps of their grids: given for each column, or with `size` taken when a group is reached."""
    c = tl.arange(0, padded)[:, None]
    r = tl.program_id(0) * rows + tl.arange(0, rows)[None, :]
    inside = (c < width) & (r < n_out)
    w = tl.load(columns + c * n_out + r, mask=inside, other=0.0)
    stays = inside
    if has_zeros:
        stays = inside & (tl.load(mask + c * n_out + r, mask=inside, other=1) == 0)
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
            if j % size == 0:
                seen = tl.where((c >= j) & (c < j + size) & stays, w, 0.0)  # what will be zero must not widen the grid
                if is_symmetric:
                    most = tl.max(tl.abs(seen), axis=0)[None, :]
                    scale = as_float16(tl.div_rn(most, tl.full((1, rows), half - 0.5, tl.float32)))
                    tl.store(scales + (j // size) * n_out + r, scale, mask=r < n_out)
                else:
                    least = tl.minimum(tl.min(seen, axis=0)[None, :], 0.0)
                    most = tl.maximum(tl.max(seen, axis=0)[None, :], 0.0)
                    scale = as_float16(tl.div_rn(most - least, tl.full((1, rows), 2 * half - 1, tl.float32)))
                    zero = tl.minimum(tl.maximum(nearest(tl.div_rn(-least, scale)), 0.0), 2.0 * half - 1)
                    low, high = -zero, 2 * half - 1 - zero
        now = tl.sum(tl.where(c == j, w, 0.0), axis=0)[None, :]
        settled = tl.minimum(tl.maximum(nearest(tl.div_rn(now, scale)), low), high) * scale
        if has_zeros:
            settled = tl.where(tl.load(mask + j * n_out + r, mask=r < n_out, other=0) != 0, 0.0, settled)
        w = spread(w, c, r, j, now, settled, errors, local, n_out, width, rows)
    tl.store(columns + c * n_out + r, w, mask=inside)
