"""The network that finds plates: a small grey-level pyramid with one head, anchor-free, at stride 8."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 8
UNIT_PX = 16.0
"""Distances to the sides of a box are predicted as exp(output) × this."""


class Block(nn.Sequential):
    """Convolution, normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class Residual(nn.Module):
    """Two convolutions beside a short cut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = Block(width, width), Block(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, x + self.second(self.first(x)))


class PlateNet(nn.Module):
    """(n, 1, H, W) grey in 0…1, H and W multiples of 32 → logits (n, 1, H/8, W/8), distances (n, 4, H/8, W/8)."""

    def __init__(self, c4: int = 24, c8: int = 32, c16: int = 48, c32: int = 64) -> None:
        super().__init__()
        self.to4 = nn.Sequential(Block(1, c4, 6, 4), Block(c4, c4, 3))
        self.to8 = nn.Sequential(Block(c4, c8, 3, 2), Residual(c8))
        self.to16 = nn.Sequential(Block(c8, c16, 3, 2), Residual(c16))
        self.to32 = nn.Sequential(Block(c16, c32, 3, 2), Residual(c32), Block(c32, c16, 1))
        self.merge16 = nn.Sequential(Block(c16, c16), Block(c16, c8, 1))
        self.merge8 = Residual(c8)
        self.head = nn.Conv2d(c8, 5, 1)
        nn.init.constant_(cast(Tensor, self.head.bias)[:1], -4.6)  # plates are rare: begin by expecting 1 %

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x8 = self.to8(self.to4(x))
        x16 = self.to16(x8)
        x16 = self.merge16(x16 + functional.interpolate(self.to32(x16), scale_factor=2.0, mode="nearest"))
        out = self.head(self.merge8(x8 + functional.interpolate(x16, scale_factor=2.0, mode="nearest")))
        return out[:, :1], torch.exp(out[:, 1:].clamp(-4.0, 4.0)) * UNIT_PX


class Deployed(nn.Module):
    """What is exported: (1, 1, H, W) → (1, 5, H/8, W/8): probability, then px to left, top, right, bottom."""

    def __init__(self, net: PlateNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        logits, distances = self.net(x)
        return torch.cat([torch.sigmoid(logits), distances], 1)


def loss(logits: Tensor, distances: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Quality focal loss of the score plus DIoU loss of the boxes.

    truth: (n, 5, h, w): 1 where a cell answers for a plate, then its distances. weight: (n, h, w), 0 where the
    picture cannot tell (cut or tiny plates).
    """
    positive = truth[:, 0] > 0
    pred, true = distances.permute(0, 2, 3, 1)[positive], truth[:, 1:].permute(0, 2, 3, 1)[positive]
    iou, diou = overlaps(pred, true)
    target = torch.zeros_like(truth[:, 0])
    target[positive] = iou.detach().clamp(min=0.05)
    flat = logits[:, 0]
    focal = functional.binary_cross_entropy_with_logits(flat, target, reduction="none")
    focal = focal * (flat.sigmoid() - target).abs().pow(2) * weight
    return (focal.sum() + 3.0 * (1 - diou).sum()) / max(1, int(positive.sum()))


def overlaps(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and DIoU of boxes given as distances (k, 4) from one common point each."""
    inter = torch.minimum(a[:, :2], b[:, :2]) + torch.minimum(a[:, 2:], b[:, 2:])
    hull = torch.maximum(a[:, :2], b[:, :2]) + torch.maximum(a[:, 2:], b[:, 2:])
    size_a, size_b = a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:]
    common = inter.prod(1)
    iou = common / (size_a.prod(1) + size_b.prod(1) - common)
    off = ((a[:, 2:] - a[:, :2]) - (b[:, 2:] - b[:, :2])) / 2
    # Both axes weigh alike, though a plate is four times as long as high: a few px of height decide the overlap.
    return iou, iou - ((off / hull) ** 2).sum(1)
