"""The colours: snow at dusk, quiet enough to be looked at all day."""

from __future__ import annotations

from textual.theme import Theme

DUSK = Theme(
    name="snowkit-dusk",
    primary="#7fb2d6",
    secondary="#a99bd0",
    accent="#9fd3e6",
    foreground="#d6dee8",
    background="#11161d",
    surface="#171e27",
    panel="#1f2833",
    success="#8ccfa4",
    warning="#e3c27c",
    error="#ee9a9a",
    dark=True,
    variables={
        "block-cursor-background": "#2c4257",
        "block-cursor-foreground": "#f2f7fb",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#222f3c",
        "footer-background": "#171e27",
        "footer-key-foreground": "#9fd3e6",
        "footer-description-foreground": "#a9b6c4",
        "border": "#35485b",
        "border-blurred": "#263341",
        "scrollbar": "#2c3a49",
        "scrollbar-background": "#141a22",
        "scrollbar-corner-color": "#141a22",
    },
)

DAYLIGHT = Theme(
    name="snowkit-daylight",
    primary="#2f6d99",
    secondary="#6a569f",
    accent="#1f7a94",
    foreground="#22303d",
    background="#f7f9fb",
    surface="#eef2f6",
    panel="#e2e9ef",
    success="#24764a",
    warning="#8a6100",
    error="#b03a3a",
    dark=False,
)
