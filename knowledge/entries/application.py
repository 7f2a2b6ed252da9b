"""Causes in the application's registration in Entra: the application, its secret, its certificate."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import (
    CLIENT_CREDENTIALS,
    ENTRA_CODES,
    FAQ,
    OAUTH,
)
from knowledge.step import Step

_APP: Final = "Entra admin center > Identity > Applications > App registrations > All applications > {client_id}"
_ENTERPRISE: Final = "Entra admin center > Identity > Applications > Enterprise applications, search for {client_id}"
_GRAPH: Final = "`Connect-MgGraph -Scopes Application.ReadWrite.All`"
_COPY_THE_VALUE: Final = (
    "Copy the column Value at once (it is shown only once; the Secret ID beside it, a GUID, is not the "
    "secret) and put it into the plugin's Client Secret."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="app_not_in_tenant",
        title="the client id is unknown in this tenant",
        meaning="The directory was found, but it has no application with this id. "
        "Either the id is wrong (object id or secret id pasted), or the tenant is another one than the application's.",
        shows="AADSTS700016: Application with identifier … was not found in the directory.",
        who="sender",
        kind=Kind.REGISTRATION,
        steps=(
            "Copy the Application (client) ID from " + _APP + " > Overview; not the Object ID.",
            "Compare the Directory (tenant) ID on the same page with the tenant in the settings: {tenant}.",
            (
                "PowerShell: `Get-MgServicePrincipal -All | Where-Object AppId -eq {client_id}` in that tenant must "
                "find it."
            ),
        ),
        verify="Check TOKEN-02 passes: a token is issued.",
        propagation="Minutes after registering; otherwise at once.",
        risk="None.",
        source=(FAQ + ", OAuth Step 1", ENTRA_CODES),
        decide=(
            Step("Check TOKEN-02: the number in the answer.", answered_by=("TOKEN-02",)),
            "Compare client id and tenant with the app registration's Overview page.",
        ),
    ),
    Cause(
        id="app_sp_missing",
        title="the application has no enterprise application in this tenant",
        meaning=(
            "The registration exists, but the object that stands for it in this tenant (its service principal) "
            "does not. Without it nothing can be consented or granted."
        ),
        shows="AADSTS7000229: … is missing service principal in the tenant.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP + " > API permissions > Grant admin consent: this creates the enterprise application.",
            "Or: " + _GRAPH + ", then `New-MgServicePrincipal -AppId {client_id}`.",
            "Afterwards register that new object id in Exchange (cause sp_not_registered_in_exchange).",
        ),
        verify=_ENTERPRISE + ": it is listed, and TOKEN-02 passes.",
        propagation="Some minutes.",
        risk="None beyond the consent that you give.",
        source=(ENTRA_CODES, OAUTH),
        decide=(_ENTERPRISE + ": is it there?",),
    ),
    Cause(
        id="app_disabled",
        title="the enterprise application is disabled",
        meaning="An administrator has switched this application off in the tenant. "
        "No token is issued until it is switched on again.",
        shows="AADSTS7000112: Application … is disabled.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            "Find out who disabled it and why (audit log: Update service principal).",
            _ENTERPRISE + " > Properties > Enabled for users to sign-in: Yes.",
            "Or: " + _GRAPH + ", then `Update-MgServicePrincipal -ServicePrincipalId (Get-MgServicePrincipal -All | "
            "Where-Object AppId -eq {client_id}).Id -AccountEnabled:$true`.",
        ),
        verify="Check TOKEN-02 passes.",
        propagation="Some minutes.",
        risk="It may have been disabled after an incident: ask first.",
        source=(ENTRA_CODES,),
        decide=(_ENTERPRISE + " > Properties.",),
    ),
    Cause(
        id="secret_wrong",
        title="the client secret is not right",
        meaning=(
            "The token service does not accept the secret that was sent. Very often the Secret ID was pasted "
            "instead of the Value, or the value was cut off or belongs to another application."
        ),
        shows="AADSTS7000215: Invalid client secret provided; invalid_client.",
        who="sender",
        kind=Kind.REGISTRATION,
        steps=(
            "Look at what is entered: a GUID with four hyphens is the Secret ID, never the value.",
            _APP + " > Certificates & secrets > New client secret. " + _COPY_THE_VALUE,
            (
                "If it stands in a file or environment variable, quote it: values contain ~, . and other signs; watch "
                "for blanks and line ends."
            ),
            "Right after creating it, wait a minute and try once more.",
        ),
        verify="Check TOKEN-02 passes: a token is issued.",
        propagation="Seconds to a few minutes after creating a secret.",
        risk="Delete the old secret only when nothing else uses it. Do not send secrets by mail or ticket.",
        source=(FAQ + ", OAuth Step 3", ENTRA_CODES),
        decide=(Step("Check OAUTH-03 (form of the secret) and TOKEN-02.", answered_by=("OAUTH-03", "TOKEN-02")),),
    ),
    Cause(
        id="secret_expired",
        title="the client secret has expired",
        meaning="Secrets have a last day, at most two years off, and this one's has passed. "
        "Everything else stays as it is; only a new secret is needed.",
        shows="AADSTS7000222: The provided client secret keys … are expired.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP + " > Certificates & secrets > New client secret. " + _COPY_THE_VALUE,
            "Or: "
            + _GRAPH
            + ", then `Add-MgApplicationPassword -ApplicationId (Get-MgApplicationByAppId -AppId {client_id}).Id`.",
            "Enter client_secret_expires in our settings and set a reminder for several people.",
            "Delete the expired secret afterwards.",
        ),
        verify="Check TOKEN-02 passes and RISK-02 shows the new date.",
        propagation="Seconds to a few minutes.",
        risk="A long-lived secret is a long-lived risk: a certificate or a shorter term is better.",
        source=(FAQ + ", OAuth Step 3", ENTRA_CODES),
        decide=(_APP + " > Certificates & secrets: the column Expires.",),
    ),
    Cause(
        id="secret_expiring",
        title="the client secret ends soon, or nobody will be reminded",
        meaning="It works today and stops on the day the secret ends. Somebody must be told in time.",
        shows="RISK-02 or OAUTH-04 shows a risk.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            "Read the date: "
            + _APP
            + " > Certificates & secrets, or `(Get-MgApplicationByAppId -AppId {client_id}).PasswordCredentials`.",
            "Create the next secret now, put it into the plugin, then delete the old one; two may be valid at once.",
            "Write the date as client_secret_expires into our settings and into a shared calendar.",
        ),
        verify="RISK-02 shows a date more than 30 days off.",
        propagation="Immediately.",
        risk="None.",
        source=(FAQ + ", OAuth Step 3", CLIENT_CREDENTIALS),
        decide=(Step("Check RISK-02: the days that are left.", answered_by=("RISK-02",)),),
    ),
    Cause(
        id="client_assertion_bad",
        title="the certificate or signed assertion is rejected",
        meaning=(
            "The application proves itself with a certificate, and the token service does not accept the proof: "
            "the certificate is not registered, has expired, or the signature has the wrong form."
        ),
        shows="AADSTS700027, 700021, 700030, 5002723, 50027, 500137; 'Client assertion contains an invalid signature'.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP
            + (
                " > Certificates & secrets > Certificates > Upload the public part (.cer) that belongs to the private "
                "key in use."
            ),
            (
                "Compare the thumbprint there with the one in the error text or in the store: `Get-ChildItem "
                "Cert:\\LocalMachine\\My | Select-Object Thumbprint, NotAfter, Subject`."
            ),
            "Let the application sign with RS256 and put x5t into the header; check the machine's clock.",
        ),
        verify="Check TOKEN-02 passes.",
        propagation="Some minutes after the upload.",
        risk="Upload the public part only; the private key stays on the machine.",
        source=(ENTRA_CODES, "https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials"),
        decide=("The reason in brackets in the error text: key not found, key expired, or signature.",),
    ),
    Cause(
        id="public_client_with_secret",
        title="the application is registered as another kind of client than it behaves",
        meaning=(
            "Entra knows this application as a public or single-page client, which has no secret, yet a secret is "
            "sent (or the reverse). The registration must be that of a confidential (web or daemon) client."
        ),
        shows="AADSTS700025: Client is public …; AADSTS9002325, 9002326, 9002327.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP
            + (
                " > Authentication: remove the platform Single-page or Mobile and desktop; add Web if a redirect "
                "address is needed."
            ),
            "Same page, Advanced settings > Allow public client flows: No.",
            "For this plugin no redirect address is needed at all: it uses client credentials.",
        ),
        verify="Check TOKEN-02 passes.",
        propagation="Some minutes.",
        risk=(
            "Other programs that share the registration may need the public form: give this one a registration of "
            "its own."
        ),
        source=(ENTRA_CODES, CLIENT_CREDENTIALS),
        decide=(_APP + " > Authentication: which platforms are listed.",),
    ),
    Cause(
        id="redirect_uri_mismatch",
        title="the redirect address is not registered",
        meaning="A person's browser sign-in comes back to an address that the registration does not list. "
        "It concerns interactive sign-in only; the plugin's client credentials need no redirect.",
        shows="AADSTS50011, AADSTS500113, AADSTS500116, 900971.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP
            + (
                " > Authentication > Redirect URIs: add exactly the address in the error text (https, path and case "
                "alike)."
            ),
            "If the site builds it from its own address, correct that address (http or https, sub-folder, language).",
        ),
        verify="The browser sign-in returns to the application.",
        propagation="Some minutes.",
        risk="Register full addresses only, no wildcards.",
        source=(ENTRA_CODES,),
        decide=("The address quoted in the error against " + _APP + " > Authentication.",),
    ),
)
