"""``wattline completion``: a script that completes the commands and their options in a shell."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from wattline.core.errors import WattlineError, nearest_names, shorten

SHELLS = ("bash", "zsh", "fish")
Tree = dict[tuple[str, ...], list[str]]  # a command by its words -> what may follow: commands or options
BASH = """_wattline() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" path="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ "${{COMP_WORDS[i]}}" == "--" ]] && return
    case "$path ${{COMP_WORDS[i]}}" in
      {paths}) path="$path ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$path" in
{cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _wattline wattline
"""


def completion(context: typer.Context, shell: Annotated[str, typer.Argument(help="Shell: bash, zsh or fish.")]) -> None:
    """Print the script that completes Wattline's commands and options in a shell."""
    from wattline.cli.printing import emit

    if shell not in SHELLS:
        near = nearest_names(shell, SHELLS)
        shown = f"; nearest: {near[0]}" if near else ""
        raise WattlineError(f"completion: shell {shorten(shell)!r} is none of {', '.join(SHELLS)}{shown}")
    emit(script(shell, context.find_root().command))


def script(shell: str, commands: Any) -> str:
    """The script of a shell, made from the commands as they stand.

    Parameters
    ----------
    shell : bash, zsh or fish
    commands : the command line, whole

    Returns
    -------
    Text to be read by the shell at its start.
    """
    tree: Tree = {}
    _collect(commands, (), tree)
    if shell == "fish":
        return _fish(tree)
    bash = _bash(tree)
    return f"autoload -U +X bashcompinit && bashcompinit\n{bash}" if shell == "zsh" else bash


def _collect(command: Any, path: tuple[str, ...], tree: Tree) -> None:
    inner = getattr(command, "commands", {})
    options = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    tree[path] = [*sorted(inner), *sorted(flag for flag in options if flag.startswith("--")), "--help"]
    for name, each in inner.items():
        _collect(each, (*path, name), tree)


def _bash(tree: Tree) -> str:
    known = [" ".join(("", *path)) for path in tree]
    rows = (f'    "{name}") words="{" ".join(words)}" ;;' for name, words in zip(known, tree.values(), strict=True))
    cases = "\n".join(rows)
    return BASH.format(paths="|".join(f'"{name}"' for name in known if name), cases=cases)


def _fish(tree: Tree) -> str:
    """A line for each word: it is offered where the words before it are those of its command, and no more of one."""
    lines = []
    for path, words in tree.items():
        deeper = [word for word in words if not word.startswith("--")]
        seen = " ".join(f"; and __fish_seen_subcommand_from {name}" for name in path)
        free = f"; and not __fish_seen_subcommand_from {' '.join(deeper)}" if deeper and path else ""
        condition = f"true{seen}{free}" if path else "__fish_use_subcommand"
        for word in words:
            offered = f"-l {word[2:]}" if word.startswith("--") else f"-f -a {word}"
            lines.append(f"complete -c wattline -n '{condition}' {offered}")
    return "\n".join(lines) + "\n"
