<#
.SYNOPSIS
    Exports the tenant settings that smtp365 needs to one JSON file. Changes nothing in the tenant.
.DESCRIPTION
    Read this script before you run it. Each question is on one line below. The script uses two Microsoft modules,
    Microsoft.Graph.Authentication and ExchangeOnlineManagement, with your own account. The Global Reader and Security
    Reader roles are enough. The message trace also needs a service principal of Microsoft's own in the tenant, which an
    administrator creates once with: New-MgServicePrincipal -AppId 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373
    Without it, the export contains the refusal instead of the trace. The script cannot read passwords or client secrets, and writes none.
    Pass the file to the person who runs smtp365:  python3 run.py check --target=live --tenant-export=tenant-export.json
.EXAMPLE
    ./tenant-export.ps1 -Mailbox alerts@contoso.com, notices@contoso.com -ClientId 11111111-2222-3333-4444-555555555555
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string[]] $Mailbox,
    [string[]] $ClientId = @(),
    [string] $Out = 'tenant-export.json',
    [ValidateSet('Global', 'USGov', 'USGovDoD', 'China')] [string] $Cloud = 'Global'
)
$ErrorActionPreference = 'Stop'
$exchangeClouds = @{
    Global = 'O365Default'; USGov = 'O365USGovGCCHigh'; USGovDoD = 'O365USGovDoD'; China = 'O365China'
}
$scopes = 'User.Read.All', 'Domain.Read.All', 'Policy.Read.All', 'UserAuthenticationMethod.Read.All',
    'Application.Read.All', 'AuditLog.Read.All', 'ExchangeMessageTrace.Read.All'
Connect-MgGraph -Scopes $scopes -Environment $Cloud -NoWelcome
Connect-ExchangeOnline -ExchangeEnvironmentName $exchangeClouds[$Cloud] -ShowBanner:$false

$graph = [ordered]@{}
$exchange = [ordered]@{}

# Asks Microsoft Graph one question, and stores the status and body of the answer under the question or a given name.
function Read-Graph([string] $Path, [string] $Name = $Path, [string[]] $Keep = @()) {
    $status = 0
    try {
        $body = Invoke-MgGraphRequest -Method GET -Uri $Path -OutputType PSObject -SkipHttpErrorCheck -StatusCodeVariable status
    }
    catch {
        $body = @{ error = @{ message = $_.Exception.Message } }
    }
    if ($Keep -and $body.value) {
        $body = @{ value = @($body.value | Select-Object -Property $Keep) }
    }
    $script:graph[$Name] = @{ status = [int] $status; body = $body }
    $body
}

# Asks Exchange Online one question, and stores the rows under the cmdlet and its parameters.
function Read-Exchange([string] $Cmdlet, [System.Collections.Specialized.OrderedDictionary] $With, [string[]] $Keep) {
    $name = (@($Cmdlet) + @($With.GetEnumerator() | ForEach-Object { '{0}={1}' -f $_.Key, $_.Value })) -join ' '
    $rows = @()
    try {
        $rows = @(& $Cmdlet @With | Select-Object -Property $Keep)
        $script:exchange[$name] = @{ status = 200; value = $rows }
    }
    catch {
        $told = $_.Exception.Message
        $absent = $told -match "ManagementObjectNotFound|couldn't be found|wasn't found"
        $script:exchange[$name] = @{ status = $(if ($absent) { 404 } else { 403 }); value = @(); message = $told }
    }
    $rows
}

# Settings of the whole tenant.
Read-Graph '/v1.0/policies/identitySecurityDefaultsEnforcementPolicy' | Out-Null
Read-Graph '/v1.0/identity/conditionalAccess/policies?$select=id,displayName,state,conditions,grantControls' | Out-Null
Read-Exchange 'Get-TransportConfig' ([ordered]@{}) 'SmtpClientAuthenticationDisabled', 'AllowLegacyTLSClients' | Out-Null
$organisation = Read-Exchange 'Get-OrganizationConfig' ([ordered]@{}) 'DefaultAuthenticationPolicy'
$policies = @($organisation.DefaultAuthenticationPolicy)

$since = (Get-Date).ToUniversalTime().AddDays(-1).ToString('yyyy-MM-ddTHH:mm:ssZ')
$now = (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ')
$row = 'createdDateTime', 'status', 'clientAppUsed', 'appDisplayName', 'ipAddress', 'appliedConditionalAccessPolicies'

# Settings of each sending mailbox.
foreach ($address in $Mailbox) {
    $domain = $address.Split('@')[-1]
    $user = "/v1.0/users/${address}"
    $members = 'id,userPrincipalName,accountEnabled,onPremisesSyncEnabled,assignedPlans,proxyAddresses,passwordPolicies,lastPasswordChangeDateTime'
    Read-Graph "${user}?`$select=${members}" | Out-Null
    Read-Graph "/v1.0/domains/${domain}?`$select=id,authenticationType,passwordValidityPeriodInDays" | Out-Null
    Read-Graph "/beta/users/${address}/authentication/requirements" | Out-Null
    Read-Graph "${user}/authentication/methods" -Keep '@odata.type' | Out-Null
    $filter = "userPrincipalName eq '${address}' and createdDateTime ge ${since}"
    Read-Graph "/v1.0/auditLogs/signIns?`$filter=${filter}&`$top=10&`$orderby=createdDateTime desc" "sign_in_log ${address}" $row | Out-Null
    $filter = "senderAddress eq '${address}' and receivedDateTime ge ${since} and receivedDateTime le ${now}"
    Read-Graph "/v1.0/admin/exchange/tracing/messageTraces?`$filter=${filter}&`$top=10" "trace ${address}" | Out-Null
    Read-Exchange 'Get-CASMailbox' ([ordered]@{ Identity = $address }) 'SmtpClientAuthenticationDisabled' | Out-Null
    $known = Read-Exchange 'Get-User' ([ordered]@{ Identity = $address }) 'AuthenticationPolicy'
    $policies += $known.AuthenticationPolicy
}
foreach ($policy in @($policies | Where-Object { $_ } | Select-Object -Unique)) {
    Read-Exchange 'Get-AuthenticationPolicy' ([ordered]@{ Identity = "$policy" }) 'AllowBasicAuthSmtp' | Out-Null
}

# Settings of each application, and its rights on each mailbox.
$roles = '/v1.0/servicePrincipals(appId=''00000002-0000-0ff1-ce00-000000000000'')?$select=id,appId,displayName,appRoles'
if ($ClientId) { Read-Graph $roles | Out-Null }
foreach ($application in $ClientId) {
    $members = 'id,appId,displayName,signInAudience,isFallbackPublicClient,passwordCredentials,keyCredentials'
    $registration = Read-Graph "/v1.0/applications(appId='${application}')?`$select=${members}"
    foreach ($secret in @($registration.passwordCredentials | Where-Object { $_ })) {
        $secret.PSObject.Properties.Remove('hint') # The hint is the first characters of a secret, which are not needed.
        $secret.PSObject.Properties.Remove('secretText')
    }
    $filter = "signInEventTypes/any(t: t eq 'servicePrincipal') and appId eq '${application}' and createdDateTime ge ${since}"
    Read-Graph "/beta/auditLogs/signIns?`$filter=${filter}&`$top=10" "sign_in_log ${application}" $row | Out-Null
    $principal = Read-Graph "/v1.0/servicePrincipals(appId='${application}')?`$select=id,appId,displayName,accountEnabled"
    if (-not $principal.id) { continue }
    Read-Graph "/v1.0/servicePrincipals/$($principal.id)/appRoleAssignments" | Out-Null
    Read-Exchange 'Get-ServicePrincipal' ([ordered]@{ Identity = $application }) 'AppId', 'ObjectId' | Out-Null
    foreach ($address in $Mailbox) {
        $right = [ordered]@{ Identity = $address; User = $principal.id }
        Read-Exchange 'Get-MailboxPermission' $right 'AccessRights', 'Deny' | Out-Null
        $sendAs = [ordered]@{ Identity = $address; Trustee = $principal.id }
        Read-Exchange 'Get-RecipientPermission' $sendAs 'AccessRights' | Out-Null
        $scope = [ordered]@{ Identity = $application; Resource = $address }
        $columns = 'RoleName', 'GrantedPermissions', 'AllowedResourceScope', 'ScopeType', 'InScope'
        Read-Exchange 'Test-ServicePrincipalAuthorization' $scope $columns | Out-Null
    }
}

$export = [ordered]@{
    schema    = 'smtp365-tenant-export/1'
    made      = (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ')
    tenant_id = (Get-MgContext).TenantId
    graph     = $graph
    exchange  = $exchange
}
$export | ConvertTo-Json -Depth 12 | Set-Content -Path $Out -Encoding utf8
Disconnect-ExchangeOnline -Confirm:$false
Disconnect-MgGraph | Out-Null
Write-Host "Written to $Out. Review the file before you pass it on. It names users, policies and ids, but contains no secrets."
