"""The embedded provider and the test kit: sign in with Hugging Face, without Hugging Face.

The provider shares no code with the rest of `flask_hf_oauth`, so that a mistake there finds no twin
here; `login`, which signs a test client in without a provider, is of that rest.
"""

from .behavior import Behavior
from .client import login
from .clients import Client
from .demo_personas import PERSONAS, PERSONAS_BY_USERNAME
from .faults import Change, Endpoint, Fault
from .issuing import Tokens
from .personas import Persona, PersonaOrg, PersonaRepo, ResourceGroup
from .provider import HfProvider
from .records import RecordedRequest
from .server import PortTakenError
from .stand_in import ProviderRefusal

__all__ = [
    "PERSONAS",
    "PERSONAS_BY_USERNAME",
    "Behavior",
    "Change",
    "Client",
    "Endpoint",
    "Fault",
    "HfProvider",
    "Persona",
    "PersonaOrg",
    "PersonaRepo",
    "PortTakenError",
    "ProviderRefusal",
    "RecordedRequest",
    "ResourceGroup",
    "Tokens",
    "login",
]
