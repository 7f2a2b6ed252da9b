"""Marks for text fields. A mark states what kind of thing the text identifies, so that `--mask-identities` can mask it.

A field without a mark is masked as a whole. Mark a field at its declaration: `user: MailboxName = ""`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated


class Identity(StrEnum):
    """The kinds of text in settings and evidence, each of which is masked in its own way."""

    PUBLIC = "public"  # the same for everyone: states, versions, permissions; stays
    TEXT = "text"  # known names, addresses and ids inside it are masked
    SPOKEN = "spoken"  # a server's sentence: the same, and names that it quotes
    MAILBOX = "mailbox"  # an e-mail address or a user name
    PERSON = "person"  # a display name
    TITLE = "title"  # a name that the tenant's administrators gave to a policy or an application
    HOST = "host"  # a name in the DNS, or an address
    OPAQUE = "opaque"  # an id of no fixed form
    PROXY_ADDRESS = "proxy_address"  # a mailbox address with its kind, such as SMTP:alerts@example.com
    ACCOUNT = "account"  # the operating system's account
    LABEL = "label"  # the name of a sender's table in the settings
    FILE = "file"  # a path; only its ending stays
    DISTINGUISHED_NAME = "distinguished_name"  # a certificate's subject or issuer; its values are masked
    CLAIMS = "claims"  # the claims of a token, each by its name


PublicText = Annotated[str, Identity.PUBLIC]
Words = Annotated[str, Identity.TEXT]
SpokenText = Annotated[str, Identity.SPOKEN]
MailboxName = Annotated[str, Identity.MAILBOX]
PersonName = Annotated[str, Identity.PERSON]
TitleText = Annotated[str, Identity.TITLE]
HostText = Annotated[str, Identity.HOST]
OpaqueId = Annotated[str, Identity.OPAQUE]
ProxyAddress = Annotated[str, Identity.PROXY_ADDRESS]
AccountName = Annotated[str, Identity.ACCOUNT]
SenderLabel = Annotated[str, Identity.LABEL]
FilePath = Annotated[str, Identity.FILE]
DistinguishedName = Annotated[str, Identity.DISTINGUISHED_NAME]
