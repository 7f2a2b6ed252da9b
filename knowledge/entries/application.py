"""Causes that concern the application's Entra registration: the application itself, its secret and its certificate."""

from datetime import date
from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import (
    CLIENT_CREDENTIALS,
    ENTRA_CODES,
    FAQ,
    OAUTH,
)
from knowledge.step import Step, only_for

_APP: Final = "Open Entra admin center > Entra ID > App registrations > All applications > {client_id}"
_ENTERPRISE: Final = "Open Entra admin center > Entra ID > Enterprise apps and search for {client_id}"
_GRAPH: Final = "`Connect-MgGraph -Scopes Application.ReadWrite.All`"
_COPY_THE_VALUE: Final = (
    "Copy the Value immediately, because it is shown only once, and enter it as Client Secret in the "
    "application. The Secret ID next to it, a GUID, is not the secret."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="app_not_in_tenant",
        title="the client id is unknown in this tenant",
        meaning=(
            "The directory exists but contains no application with this id. Either the id is wrong (an object id "
            "or a secret id), or the application belongs to a different tenant."
        ),
        shows="AADSTS700016: Application with identifier … was not found in the directory.",
        who="sender",
        kind=Kind.REGISTRATION,
        steps=(
            _APP + " > Overview, and copy the Application (client) ID, not the Object ID.",
            "On the same page, compare the Directory (tenant) ID with the tenant in the settings: {tenant}.",
            (
                "Or look up the id in that tenant with PowerShell: `Get-MgServicePrincipal -All | Where-Object AppId "
                "-eq {client_id}` must return the application."
            ),
        ),
        verify="The check TOKEN-02 passes: a token is issued.",
        propagation="Immediately; if the application has just been registered, within minutes.",
        risk="None.",
        source=(FAQ + ", OAuth Step 1", ENTRA_CODES),
        decide=(
            Step("Run check TOKEN-02, and read the error number in the reply.", answered_by=("TOKEN-02",)),
            "Compare the client id and the tenant with the Overview page of the app registration.",
        ),
    ),
    Cause(
        id="app_sp_missing",
        title="the application has no enterprise application in this tenant",
        meaning=(
            "The app registration exists, but this tenant has no service principal (enterprise application) for "
            "it. Without a service principal, no permission can be granted."
        ),
        shows="AADSTS7000229: … is missing service principal in the tenant.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP + " > API permissions, and select Grant admin consent. This creates the enterprise application.",
            "Or with PowerShell: " + _GRAPH + ", then `New-MgServicePrincipal -AppId {client_id}`.",
            "Register the object id of the new enterprise application in Exchange (cause sp_not_registered_in_exchange).",
        ),
        verify=_ENTERPRISE + ": the application is listed. The check TOKEN-02 passes.",
        propagation="Within a few minutes.",
        risk="None, apart from the permissions that the consent grants.",
        source=(ENTRA_CODES, OAUTH),
        decide=(_ENTERPRISE + ": is the application listed?",),
    ),
    Cause(
        id="app_disabled",
        title="the enterprise application is disabled",
        meaning=(
            "An administrator has disabled this application in the tenant. It gets no token until an "
            "administrator enables it again."
        ),
        shows="AADSTS7000112: Application … is disabled.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            "Find out who disabled the application, and why (audit log: Update service principal).",
            _ENTERPRISE + ". Select the application, then Properties, and set Enabled for users to sign-in to Yes.",
            "Or with PowerShell: "
            + _GRAPH
            + ", then `Update-MgServicePrincipal -ServicePrincipalId (Get-MgServicePrincipal -All | "
            "Where-Object AppId -eq {client_id}).Id -AccountEnabled:$true`.",
        ),
        verify="The check TOKEN-02 passes.",
        propagation="Within a few minutes.",
        risk="The application may have been disabled because of an incident: ask before you enable it.",
        source=(ENTRA_CODES,),
        decide=(_ENTERPRISE + ". Select the application, then Properties: is Enabled for users to sign-in set to No?",),
    ),
    Cause(
        id="secret_wrong",
        title="the client secret is wrong or missing",
        meaning=(
            "The token service rejects the secret, or the request contains none. Common mistakes: the Secret ID was entered "
            "instead of the Value, the value is incomplete or empty, or it belongs to a different application."
        ),
        shows="AADSTS7000215: Invalid client secret provided; AADSTS7000216 or 7000218: no secret in the request; invalid_client.",
        who="sender",
        kind=Kind.REGISTRATION,
        steps=(
            (
                "If the error text says that client_secret is required or missing (AADSTS7000216, 7000218), the application "
                "sent none: enter the secret in the application's settings, and make sure that the application sends it in "
                "the body of the token request."
            ),
            "Check the value in the settings: a GUID with four hyphens is the Secret ID, never the secret.",
            _APP + " > Certificates & secrets, and select New client secret. " + _COPY_THE_VALUE,
            (
                "If the secret is in a file or an environment variable, put it in quotes: it can contain ~, . and "
                "other special characters. Remove spaces and line breaks around it."
            ),
            "After you create a secret, wait a minute before you use it.",
        ),
        verify="The check TOKEN-02 passes: a token is issued.",
        propagation="Within seconds or minutes of creating the secret.",
        risk="Do not delete the old secret while other programs use it. Do not send secrets by e-mail or in tickets.",
        source=(FAQ + ", OAuth Step 3", ENTRA_CODES),
        decide=(
            Step("Run checks OAUTH-03 (the format of the secret) and TOKEN-02.", answered_by=("OAUTH-03", "TOKEN-02")),
        ),
    ),
    Cause(
        id="secret_expired",
        title="the client secret has expired",
        meaning=(
            "A client secret is valid for at most two years, and this one has expired. Create a new secret; all "
            "other settings stay the same."
        ),
        shows="AADSTS7000222: The provided client secret keys … are expired.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP + " > Certificates & secrets, and select New client secret. " + _COPY_THE_VALUE,
            "Or with PowerShell: "
            + _GRAPH
            + ", then `Add-MgApplicationPassword -ApplicationId (Get-MgApplicationByAppId -AppId {client_id}).Id`.",
            "Enter client_secret_expires in the settings of smtp365, and set a reminder for several people.",
            "When the application works with the new secret, delete the expired one.",
        ),
        verify="The check TOKEN-02 passes, and RISK-02 shows the new date.",
        propagation="Within seconds or minutes.",
        risk="The longer a secret is valid, the longer a thief can use it: prefer a certificate or a shorter lifetime.",
        source=(FAQ + ", OAuth Step 3", ENTRA_CODES),
        decide=(_APP + " > Certificates & secrets, and read the Expires column.",),
    ),
    Cause(
        id="secret_expiring",
        title="the client secret expires soon, or no reminder is set for it",
        meaning="The secret works today. When it expires, mail stops without a warning.",
        shows="RISK-02 or OAUTH-04 shows a risk.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP
            + (
                " > Certificates & secrets and read the expiry date, or run `(Get-MgApplicationByAppId -AppId "
                "{client_id}).PasswordCredentials`."
            ),
            (
                "Create the next secret now and enter it in the application, then delete the old one. Two secrets can be "
                "valid at the same time."
            ),
            "Enter the expiry date as client_secret_expires in the settings of smtp365, and in a shared calendar.",
        ),
        verify="The check RISK-02 shows a date more than 30 days away.",
        propagation="Immediately.",
        risk="None.",
        source=(FAQ + ", OAuth Step 3", CLIENT_CREDENTIALS),
        decide=(Step("Run check RISK-02: how many days are left?", answered_by=("RISK-02",)),),
    ),
    Cause(
        id="client_assertion_bad",
        title="the token service rejects the certificate or the signed assertion",
        meaning=(
            "The application authenticates with a certificate, and the token service rejects the signed "
            "assertion: the certificate is not registered or has expired, or the signature has the wrong format."
        ),
        shows="AADSTS700027, 700021, 700030, 5002723, 50027; 'Client assertion contains an invalid signature'.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP
            + (
                " > Certificates & secrets > Certificates > Upload certificate. Upload the public part (.cer) of the "
                "certificate whose private key the application uses."
            ),
            (
                "Compare the thumbprint there with the one in the error text or in the certificate store: "
                "`Get-ChildItem Cert:\\LocalMachine\\My | Select-Object Thumbprint, NotAfter, Subject`."
            ),
            (
                "Configure the application to sign with PS256 and to put the certificate's SHA-256 thumbprint, base64url-encoded, "
                "into the header as x5t#S256. Entra still accepts RS256 with x5t, the SHA-1 thumbprint, from older libraries. "
                "Check the machine's clock."
            ),
        ),
        verify="The check TOKEN-02 passes.",
        propagation="Within a few minutes of the upload.",
        risk="Upload only the public part; the private key must stay on the machine.",
        source=(ENTRA_CODES, "https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials"),
        checked=date(2026, 11, 27),
        decide=(
            (
                "Read the reason in brackets in the error text: the key was not found, the key has expired, or the "
                "signature is wrong."
            ),
        ),
    ),
    Cause(
        id="public_client_with_secret",
        title="the application is registered as the wrong type of client",
        meaning=(
            "The registration is for a public or single-page client, which has no secret, but the application sends a "
            "secret; or the registration requires a secret, but the application sends none. Register the application as "
            "a confidential client (web or daemon)."
        ),
        shows="AADSTS700025: Client is public …; AADSTS9002325, 9002326, 9002327.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP
            + (
                " > Authentication. Remove the platforms Single-page application and Mobile and desktop "
                "applications. Add Web if the application needs a redirect URI."
            ),
            "On the same page, under Advanced settings, set Allow public client flows to No.",
            only_for(
                "Do not add a redirect URI for the mail plugin: it uses client credentials and needs none.", "plugin"
            ),
        ),
        verify="The check TOKEN-02 passes.",
        propagation="Within a few minutes.",
        risk=(
            "Other programs that share the registration may depend on the public client type: in that case, "
            "create a separate registration for this application."
        ),
        source=(ENTRA_CODES, CLIENT_CREDENTIALS),
        decide=(_APP + " > Authentication: which platforms are listed?",),
    ),
    Cause(
        id="redirect_uri_mismatch",
        title="the redirect URI is not registered",
        meaning=(
            "After a person signs in with the browser, Entra redirects to an address that the registration does "
            "not list. This affects interactive sign-in only; the plugin's client credentials need no redirect "
            "URI."
        ),
        shows="AADSTS50011, AADSTS500113, AADSTS500116, 900971.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP
            + (
                " > Authentication > Redirect URIs. Add the exact address from the error text: the scheme, path and "
                "case must match."
            ),
            (
                "If the application builds the redirect URI from its own address, correct that address (http or "
                "https, subfolder, language)."
            ),
        ),
        verify="The browser sign-in returns to the application.",
        propagation="Within a few minutes.",
        risk="Register complete addresses only, without wildcards.",
        source=(ENTRA_CODES,),
        decide=(_APP + " > Authentication: do the redirect URIs include the address in the error text?",),
    ),
    Cause(
        id="federated_credential_mismatch",
        title="no federated credential of the application matches the token of the workload",
        meaning=(
            "The application signs in without a secret: it presents a token of another issuer (Kubernetes, GitHub, a "
            "managed identity). The issuer, subject or audience of that token differs from the federated credential in "
            "the app registration."
        ),
        shows="AADSTS700211 (issuer), 700212 (audience), 700213 and 7002138 (subject), 70021, 700229.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP + " > Certificates & secrets > Federated credentials, and open the credential of this workload.",
            (
                "Compare Issuer, Subject identifier and Audience there with iss, sub and aud in the presented token; the error "
                "text quotes the one that differs. The comparison is case-sensitive, and a final slash counts."
            ),
            (
                "Or list the credentials with PowerShell: "
                + _GRAPH
                + ", then `Get-MgApplicationFederatedIdentityCredential "
                "-ApplicationId (Get-MgApplicationByAppId -AppId {client_id}).Id | Format-List Name, Issuer, Subject, Audiences`."
            ),
            "Correct the credential or, if the token is wrong, the workload. The audience is api://AzureADTokenExchange in most clouds.",
            (
                "If the presented token itself comes from a federated credential or from a user (AADSTS700231, 700229), present a "
                "token of the original issuer instead: Entra does not accept a chain."
            ),
        ),
        verify="The workload gets a token with the corrected credential.",
        propagation="Within a few minutes; until then, a new credential can still be refused.",
        risk="A subject that is too broad lets other workloads of the same issuer sign in as this application.",
        source=(
            "https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation-considerations",
            "https://learn.microsoft.com/en-us/graph/api/resources/federatedidentitycredential",
        ),
        decide=(
            "Read the presented token's iss, sub and aud on your own machine, and compare them with the credential.",
        ),
    ),
    Cause(
        id="assignment_required",
        title="the enterprise application requires assignment, and this user or application is not assigned",
        meaning=(
            "The enterprise application has Assignment required set to Yes. The user or the application that requests the token "
            "is not assigned to it, so Entra issues no token."
        ),
        shows="AADSTS50105 for a user, AADSTS501051 for an application; '… is not assigned to a role for the application'.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            (
                "Read in the error text which application is restricted: {client_id} itself, or the API for which the token is "
                "requested (Office 365 Exchange Online)."
            ),
            (
                "For a user: open Entra ID > Enterprise apps, select the restricted application, then Users and groups > Add "
                "user/group, and assign the account that signs in. Membership through a nested group does not count."
            ),
            (
                "For an application: grant it an application permission of the restricted API, such as SMTP.SendAsApp, with "
                "admin consent. This assigns the application."
            ),
            (
                "Or, if every user of the tenant may use the restricted application, set its Properties > Assignment "
                "required to No."
            ),
        ),
        verify="A new token request succeeds; the sign-in log shows Success.",
        propagation="Within a few minutes.",
        risk="With Assignment required set to No, every user in the tenant can sign in to the application.",
        source=(
            "https://learn.microsoft.com/en-us/troubleshoot/entra/entra-id/app-integration/error-code-aadsts50105-user-not-assigned-role",
            ENTRA_CODES,
        ),
        decide=(
            "Run `Get-MgServicePrincipal -All | Where-Object AppId -eq {client_id} | Format-List AppRoleAssignmentRequired`.",
        ),
    ),
)
