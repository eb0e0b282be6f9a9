# The name of an outcome's session, for questions and messages.
function Get-WmsTargetName {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [psobject] $Outcome
    )

    $script:Strings.Target -f $Outcome.session_id, $Outcome.user, $Outcome.host
}

# Carries a call out at once.
function Invoke-WmsAction {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [System.Management.Automation.PSCmdlet] $Caller,
        [Parameter(Mandatory)] [string[]] $Arguments
    )

    foreach ($outcome in Invoke-Usher -Caller $Caller -Arguments $Arguments) {
        if ($outcome.result -in 'done', 'unchanged') {
            $Caller.WriteVerbose(($script:Strings.Done -f (Get-WmsTargetName -Outcome $outcome), $outcome.result))
        }
    }
}

# Asks usher which sessions a call is for, and the caller's ShouldProcess about each; carries out what is left of it.
function Invoke-WmsConfirmedAction {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [System.Management.Automation.PSCmdlet] $Caller,
        [Parameter(Mandatory)] [string] $Name,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Bound
    )

    $arguments = @(Get-UsherArgument -Name $Name -Bound $Bound)
    $approved = @(
        foreach ($outcome in Invoke-Usher -Caller $Caller -Arguments ($arguments + '-WhatIf')) {
            if ($outcome.result -in 'planned', 'unchanged' -and
                $Caller.ShouldProcess((Get-WmsTargetName -Outcome $outcome), $Name)) {
                $outcome
            }
        }
    )
    if ($approved.Count -eq 0) {
        return
    }
    # A group of hosts has an outcome for each of them, under its own name. Nothing here may be a cmdlet that asks itself.
    foreach ($group in $approved | Group-Object -Property 'host') {
        $call = @{ SessionId = @($group.Group.session_id) }
        if ($Bound.ContainsKey('Server') -and $Bound['Server']) {
            $call['Server'] = $group.Name
        }
        Invoke-WmsAction -Caller $Caller -Arguments @(Get-UsherArgument -Name $Name -Bound $call)
    }
}
