"""Where the service is, and the channel to it. Over TCP it speaks mutual TLS only; on a unix socket it knows its peer."""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, List, Optional, Tuple

import grpc

DEFAULT_SERVER = "unix:/run/cimvisor/cimvisord.sock"
_LARGEST_MESSAGE = 64 << 20
_LONGEST_SOCKET_NAME = 107  # sockaddr_un has room for 108 bytes with the final 0


@dataclass(frozen=True)
class ConnectionOptions:
    """The address of a service and what it takes to be let in.

    What is None comes from the environment: ``CIMVISOR_SERVER`` ("unix:PATH" or "HOST:PORT"), ``CIMVISOR_TLS_CA``,
    ``CIMVISOR_TLS_CERT`` and ``CIMVISOR_TLS_KEY`` (PEM files; TCP needs all three).
    """

    server: Optional[str] = None
    tls_ca: Optional[str] = None
    tls_cert: Optional[str] = None
    tls_key: Optional[str] = None

    def address(self) -> str:
        """The address that the options and the environment name."""
        return self.server or os.environ.get("CIMVISOR_SERVER") or DEFAULT_SERVER


def channel_arguments() -> List[Tuple[str, Any]]:
    """Each client has its own connection, tries again soon, and takes large pages; as in clients/cpp/connection.cc."""
    return [
        ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 15000),  # gRPC's limit for one attempt to connect as well
        ("grpc.max_reconnect_backoff_ms", 1000),
    ]


def target_and_credentials(options: ConnectionOptions) -> Tuple[str, Optional[grpc.ChannelCredentials]]:
    """gRPC's target, and the credentials of mutual TLS or None on a unix socket.

    ValueError when the address is of neither form or a TLS file is not named; OSError when one cannot be read.
    """
    address = options.address()
    if address.startswith("unix:"):
        path = address[len("unix:") :]
        if not path:
            raise ValueError("unix: needs a path after the colon")
        return "unix:" + _short_socket_name(path), None
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdigit()):
        raise ValueError(f"{address!r} is neither unix:PATH nor HOST:PORT")
    return address, grpc.ssl_channel_credentials(
        root_certificates=_pem(options.tls_ca, "tls_ca", "CIMVISOR_TLS_CA"),
        private_key=_pem(options.tls_key, "tls_key", "CIMVISOR_TLS_KEY"),
        certificate_chain=_pem(options.tls_cert, "tls_cert", "CIMVISOR_TLS_CERT"),
    )


def _pem(path: Optional[str], option: str, variable: str) -> bytes:
    path = path or os.environ.get(variable)
    if not path:
        raise ValueError(f"a server on TCP speaks mutual TLS only: give {option} (or ${variable})")
    with open(path, "rb") as file:
        return file.read()


def _short_socket_name(path: str) -> str:
    # A longer path is reached through a descriptor of its folder, which stays open as long as the program: the channel
    # may connect again at any time.
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_NAME:
        return path
    folder = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    return f"/proc/self/fd/{folder}/{os.path.basename(path)}"
