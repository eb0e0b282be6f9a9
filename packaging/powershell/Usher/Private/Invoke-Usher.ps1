# Runs usher for a caller: gives the objects that usher writes; what usher says goes to the caller's streams.
function Invoke-Usher {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [System.Management.Automation.PSCmdlet] $Caller,
        [Parameter(Mandatory)] [string[]] $Arguments
    )

    if ($ErrorActionPreference -eq 'Stop') {
        # usher, too, leaves alone what comes after the first error.
        $Arguments += '-ErrorAction:Stop'
    }
    $Caller.WriteDebug("usher $Arguments")
    $ran = Start-Usher -Arguments $Arguments
    if ($null -eq $ran) {
        $exception = [System.Management.Automation.CommandNotFoundException]::new($script:Strings.NotFound)
        $Caller.ThrowTerminatingError(
            [System.Management.Automation.ErrorRecord]::new($exception, 'UsherNotFound', 'ObjectNotFound', 'usher'))
    }
    if ($ran.Written) {
        ConvertFrom-Json -InputObject $ran.Written
    }
    $errors = Write-UsherMessage -Caller $Caller -Text $ran.Said
    if ($ran.ExitCode -ne 0 -and $errors -eq 0) {
        $message = $script:Strings.Failed -f $ran.ExitCode, $ran.Said.Trim()
        $exception = [System.InvalidOperationException]::new($message)
        $Caller.WriteError(
            [System.Management.Automation.ErrorRecord]::new($exception, 'UsherFailed', 'NotSpecified', $ran.ExitCode))
    }
}

# The arguments of a call, each in one word, so that no value is taken for a name.
function Get-UsherArgument {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Name,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Bound
    )

    $Name
    foreach ($parameter in 'SessionId', 'All', 'Message', 'Thumbnail', 'Server') {
        if ($Bound.ContainsKey($parameter) -and "$($Bound[$parameter])" -ne '') {
            $value = switch ($parameter) {
                'SessionId' { $Bound[$parameter] -join ',' }
                'All' { '$' + $Bound[$parameter].ToBool() }
                default { $Bound[$parameter] }
            }
            "-${parameter}:$value"
        }
    }
}
