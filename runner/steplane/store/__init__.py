"""The state directory: runs, their journals and leases, the catalogue, the cache. The only user of sqlite3."""

from steplane.store.cache import Cache
from steplane.store.catalogue import Catalogue, RunSummary
from steplane.store.database import Busy, Durability
from steplane.store.directory import StateDirectory
from steplane.store.files import open_regular
from steplane.store.folder import RunFolder, log_name
from steplane.store.ids import new_run_id, validate_run_id
from steplane.store.journal import Journal
from steplane.store.lease import Lease, Owner, is_held, owner_of
from steplane.store.locks import Claim, LockTable
from steplane.store.observed import clock_set
from steplane.store.reader import Definition, JournalReader
from steplane.store.records import Entry, now
from steplane.store.requests import Request
from steplane.store.runs import LATEST, UNFINISHED, RunStore

__all__ = [
    "LATEST",
    "UNFINISHED",
    "Busy",
    "Cache",
    "Catalogue",
    "Claim",
    "Definition",
    "Durability",
    "Entry",
    "Journal",
    "JournalReader",
    "Lease",
    "LockTable",
    "Owner",
    "Request",
    "RunFolder",
    "RunStore",
    "RunSummary",
    "StateDirectory",
    "clock_set",
    "is_held",
    "log_name",
    "new_run_id",
    "now",
    "open_regular",
    "owner_of",
    "validate_run_id",
]
