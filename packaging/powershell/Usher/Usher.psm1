# The module Usher: the cmdlets as functions of PowerShell 7, over the program usher and the JSON that it writes.

Set-StrictMode -Version 3.0

# What people read, in their language. English is here for every other language.
$script:Strings = @{
    NotFound = 'The program usher is not in $env:PATH.'
    Failed   = 'usher ended with exit code {0}: {1}'
    Target   = 'session {0} ({1}) on {2}'
    Done     = '{0}: {1}'
}
$translated = @{}
Import-LocalizedData -BindingVariable translated -FileName 'Usher.Strings.psd1' -ErrorAction SilentlyContinue
foreach ($key in @($translated.Keys)) {
    $script:Strings[$key] = $translated[$key]
}

. "$PSScriptRoot/Private/Start-Usher.ps1"
. "$PSScriptRoot/Private/Write-UsherMessage.ps1"
. "$PSScriptRoot/Private/Invoke-Usher.ps1"
. "$PSScriptRoot/Private/ConvertTo-WmsSession.ps1"
. "$PSScriptRoot/Private/Invoke-WmsAction.ps1"
. "$PSScriptRoot/Public/Get-WmsSession.ps1"
. "$PSScriptRoot/Public/Lock-WmsSession.ps1"
. "$PSScriptRoot/Public/Unlock-WmsSession.ps1"
. "$PSScriptRoot/Public/Disconnect-WmsSession.ps1"
. "$PSScriptRoot/Public/Close-WmsSession.ps1"
. "$PSScriptRoot/Private/Register-Completer.ps1"
