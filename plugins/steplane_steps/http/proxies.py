"""The proxy that the environment names for an address, as most programs read it."""

from collections.abc import Mapping


def proxy_for(scheme: str, host: str, port: int, env: Mapping[str, str]) -> str | None:
    """The proxy's own address, None for none.

    `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in small letters or capitals; `HTTP_PROXY` does not count
    in a CGI program, where a client's header could set it. `no_proxy` is a list of hosts, domains, networks and `*`.
    """
    names = [f"{scheme}_proxy", "all_proxy"]
    found = next((value for name in names if (value := _value(name, env))), "")
    if not found or _is_left_out(host, port, _value("no_proxy", env)):
        return None
    return found if "://" in found else f"http://{found}"


def _value(name: str, env: Mapping[str, str]) -> str:
    if name == "http_proxy" and "REQUEST_METHOD" in env:
        return env.get(name, "").strip()
    return (env.get(name) or env.get(name.upper()) or "").strip()


def _is_left_out(host: str, port: int, listed: str) -> bool:
    for entry in filter(None, (one.strip().lower() for one in listed.split(","))):
        if entry == "*" or _in_network(host, entry):
            return True
        name = entry.removesuffix(f":{port}").lstrip(".")
        if host.lower() == name or host.lower().endswith(f".{name}"):
            return True
    return False


def _in_network(host: str, entry: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except (ValueError, TypeError):
        return False
