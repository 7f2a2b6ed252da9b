"""Causes in the application's Entra registration: the application, its secret, its certificate."""

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
    "Copy the Value immediately and enter it as Client Secret in the plugin. It is shown only once; the Secret ID "
    "next to it, a GUID, is not the secret."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="app_not_in_tenant",
        title="the client id is unknown in this tenant",
        meaning=(
            "The directory exists, but it has no application with this id. Either the id is wrong (an object id or a "
            "secret id), or the application belongs to another tenant."
        ),
        shows="AADSTS700016: Application with identifier … was not found in the directory.",
        who="sender",
        kind=Kind.REGISTRATION,
        steps=(
            "Copy the Application (client) ID from " + _APP + " > Overview; not the Object ID.",
            "Compare the Directory (tenant) ID on the same page with the tenant in the settings: {tenant}.",
            (
                "Or look it up in that tenant with PowerShell: `Get-MgServicePrincipal -All | Where-Object AppId -eq "
                "{client_id}`. It must find the application."
            ),
        ),
        verify="Check TOKEN-02 passes: a token is issued.",
        propagation="Minutes after the registration; otherwise immediately.",
        risk="None.",
        source=(FAQ + ", OAuth Step 1", ENTRA_CODES),
        decide=(
            Step("Check TOKEN-02: the error number in the reply.", answered_by=("TOKEN-02",)),
            "Compare the client id and the tenant with the Overview page of the app registration.",
        ),
    ),
    Cause(
        id="app_sp_missing",
        title="the application has no enterprise application in this tenant",
        meaning=(
            "The app registration exists, but this tenant has no service principal (enterprise application) for it. "
            "Without one, no permission can be consented to or granted."
        ),
        shows="AADSTS7000229: … is missing service principal in the tenant.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP + " > API permissions > Grant admin consent. This creates the enterprise application.",
            "Or: " + _GRAPH + ", then `New-MgServicePrincipal -AppId {client_id}`.",
            "Then register the new object id in Exchange (cause sp_not_registered_in_exchange).",
        ),
        verify=_ENTERPRISE + ": it is listed, and TOKEN-02 passes.",
        propagation="Within a few minutes.",
        risk="None apart from the consent itself.",
        source=(ENTRA_CODES, OAUTH),
        decide=(_ENTERPRISE + ": is it listed?",),
    ),
    Cause(
        id="app_disabled",
        title="the enterprise application is disabled",
        meaning=(
            "An administrator has disabled this application in the tenant. It gets no token until it is enabled again."
        ),
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
        propagation="Within a few minutes.",
        risk="It may have been disabled because of an incident: ask before you enable it.",
        source=(ENTRA_CODES,),
        decide=(_ENTERPRISE + " > Properties.",),
    ),
    Cause(
        id="secret_wrong",
        title="the client secret is wrong",
        meaning=(
            "The token service rejects the secret. Often the Secret ID was entered instead of the Value, the value is "
            "incomplete, or it belongs to another application."
        ),
        shows="AADSTS7000215: Invalid client secret provided; invalid_client.",
        who="sender",
        kind=Kind.REGISTRATION,
        steps=(
            "Check the value that is entered: a GUID with four hyphens is the Secret ID, never the secret.",
            _APP + " > Certificates & secrets > New client secret. " + _COPY_THE_VALUE,
            (
                "If the secret is in a file or an environment variable, quote it: it can contain ~, . and other special "
                "characters. Remove spaces and line ends around it."
            ),
            "After you create a secret, wait a minute before you try it.",
        ),
        verify="Check TOKEN-02 passes: a token is issued.",
        propagation="A few seconds to a few minutes after the secret is created.",
        risk="Delete the old secret only when no other program uses it. Do not send secrets by mail or in tickets.",
        source=(FAQ + ", OAuth Step 3", ENTRA_CODES),
        decide=(Step("Check OAUTH-03 (format of the secret) and TOKEN-02.", answered_by=("OAUTH-03", "TOKEN-02")),),
    ),
    Cause(
        id="secret_expired",
        title="the client secret has expired",
        meaning=(
            "A client secret is valid for at most two years, and this one has expired. Only a new secret is needed; the "
            "other settings stay as they are."
        ),
        shows="AADSTS7000222: The provided client secret keys … are expired.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP + " > Certificates & secrets > New client secret. " + _COPY_THE_VALUE,
            "Or: "
            + _GRAPH
            + ", then `Add-MgApplicationPassword -ApplicationId (Get-MgApplicationByAppId -AppId {client_id}).Id`.",
            "Enter client_secret_expires in the settings of this suite, and set a reminder for several people.",
            "Then delete the expired secret.",
        ),
        verify="Check TOKEN-02 passes, and RISK-02 shows the new date.",
        propagation="A few seconds to a few minutes.",
        risk=(
            "The longer a secret is valid, the longer a stolen one works: prefer a certificate or a shorter lifetime."
        ),
        source=(FAQ + ", OAuth Step 3", ENTRA_CODES),
        decide=(_APP + " > Certificates & secrets: the column Expires.",),
    ),
    Cause(
        id="secret_expiring",
        title="the client secret expires soon, or there is no reminder",
        meaning="The secret works today. On the day it expires, mail stops without a warning.",
        shows="RISK-02 or OAUTH-04 shows a risk.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            "Read the date: "
            + _APP
            + " > Certificates & secrets, or `(Get-MgApplicationByAppId -AppId {client_id}).PasswordCredentials`.",
            (
                "Create the next secret now and enter it in the plugin, then delete the old one. Two secrets can be valid at "
                "the same time."
            ),
            "Enter the date as client_secret_expires in the settings of this suite and in a shared calendar.",
        ),
        verify="RISK-02 shows a date that is more than 30 days away.",
        propagation="Immediately.",
        risk="None.",
        source=(FAQ + ", OAuth Step 3", CLIENT_CREDENTIALS),
        decide=(Step("Check RISK-02: the number of days left.", answered_by=("RISK-02",)),),
    ),
    Cause(
        id="client_assertion_bad",
        title="the token service rejects the certificate or the signed assertion",
        meaning=(
            "The application authenticates with a certificate, and the token service rejects the signed assertion: the "
            "certificate is not registered, it has expired, or the signature has the wrong format."
        ),
        shows="AADSTS700027, 700021, 700030, 5002723, 50027, 500137; 'Client assertion contains an invalid signature'.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP
            + (
                " > Certificates & secrets > Certificates > Upload certificate: upload the public part (.cer) that belongs to "
                "the private key in use."
            ),
            (
                "Compare the thumbprint there with the one in the error text, or with the one in the certificate store: "
                "`Get-ChildItem Cert:\\LocalMachine\\My | Select-Object Thumbprint, NotAfter, Subject`."
            ),
            "Configure the application to sign with RS256 and to put x5t into the header. Check the machine's clock.",
        ),
        verify="Check TOKEN-02 passes.",
        propagation="A few minutes after the upload.",
        risk="Upload only the public part; the private key stays on the machine.",
        source=(ENTRA_CODES, "https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials"),
        decide=(
            (
                "The reason in brackets in the error text: the key was not found, the key has expired, or the signature is "
                "wrong."
            ),
        ),
    ),
    Cause(
        id="public_client_with_secret",
        title="the application is registered as the wrong type of client",
        meaning=(
            "The application is registered as a public or single-page client, which has no secret, but it sends a secret "
            "(or the reverse). The registration must be that of a confidential client (web or daemon)."
        ),
        shows="AADSTS700025: Client is public …; AADSTS9002325, 9002326, 9002327.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP
            + (
                " > Authentication: remove the platforms Single-page application and Mobile and desktop applications. Add Web "
                "if the application needs a redirect URI."
            ),
            "On the same page: Advanced settings > Allow public client flows: No.",
            "Do not add a redirect URI for the mail plugin: it uses client credentials and needs none.",
        ),
        verify="Check TOKEN-02 passes.",
        propagation="Within a few minutes.",
        risk=(
            "Other programs that share the registration may need the public client type: create a separate registration "
            "for this application."
        ),
        source=(ENTRA_CODES, CLIENT_CREDENTIALS),
        decide=(_APP + " > Authentication: the list of platforms.",),
    ),
    Cause(
        id="redirect_uri_mismatch",
        title="the redirect URI is not registered",
        meaning=(
            "After a person signs in with the browser, Entra redirects to an address that the registration does not list. "
            "This concerns interactive sign-in only; the plugin's client credentials need no redirect URI."
        ),
        shows="AADSTS50011, AADSTS500113, AADSTS500116, 900971.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP
            + (
                " > Authentication > Redirect URIs: add the exact address from the error text (scheme, path and case must "
                "match)."
            ),
            (
                "If the site builds the redirect URI from its own address, correct that address (http or https, subfolder, "
                "language)."
            ),
        ),
        verify="The browser sign-in returns to the application.",
        propagation="Within a few minutes.",
        risk="Register complete addresses only, no wildcards.",
        source=(ENTRA_CODES,),
        decide=("The address in the error text, compared with " + _APP + " > Authentication.",),
    ),
)
