"""Triton kernels: imported where one is launched, and by nothing else, because Triton comes with the GPU builds of torch only."""
