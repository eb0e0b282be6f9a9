# Tabulator behind -SessionId: the sessions there are, with their users.
$sessions = {
    param($commandName, $parameterName, $wordToComplete, $commandAst, $fakeBoundParameters)

    $bound = @{ All = [switch] $true }
    if ($fakeBoundParameters.ContainsKey('Server')) {
        $bound['Server'] = $fakeBoundParameters['Server']
    }
    $ran = Start-Usher -Arguments @(Get-UsherArgument -Name 'Get-WmsSession' -Bound $bound)
    if ($null -eq $ran -or -not $ran.Written) {
        return
    }
    foreach ($session in ConvertFrom-Json -InputObject $ran.Written) {
        if ("$($session.SessionId)" -like "$wordToComplete*") {
            [System.Management.Automation.CompletionResult]::new(
                "$($session.SessionId)",
                "$($session.SessionId) $($session.UserName)",
                'ParameterValue',
                "$($session.UserName), $($session.State)")
        }
    }
}

# Tabulator behind -Server: the hosts that were joined, and the groups of hosts.
$servers = {
    param($commandName, $parameterName, $wordToComplete, $commandAst, $fakeBoundParameters)

    $ran = Start-Usher -Arguments @('servers')
    if ($null -eq $ran -or -not $ran.Written) {
        return
    }
    $known = foreach ($server in ConvertFrom-Json -InputObject $ran.Written) {
        $server.name
        $server.groups
    }
    foreach ($name in $known | Sort-Object -Unique) {
        if ($name -and $name -like "$wordToComplete*") {
            [System.Management.Automation.CompletionResult]::new($name)
        }
    }
}

$names = 'Get-WmsSession', 'Lock-WmsSession', 'Unlock-WmsSession', 'Disconnect-WmsSession', 'Close-WmsSession'
Register-ArgumentCompleter -CommandName $names -ParameterName 'SessionId' -ScriptBlock $sessions
Register-ArgumentCompleter -CommandName $names -ParameterName 'Server' -ScriptBlock $servers
