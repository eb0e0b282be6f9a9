<#
.EXTERNALHELP Usher-help.xml
#>
function Unlock-WmsSession {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'UnlockById')]
        [uint32[]] $SessionId,

        [Parameter(Mandatory, ParameterSetName = 'UnlockAll')]
        [switch] $All,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('ComputerName')]
        [string] $Server
    )

    process {
        $arguments = @(Get-UsherArgument -Name $MyInvocation.MyCommand.Name -Bound $PSBoundParameters)
        Invoke-WmsAction -Caller $PSCmdlet -Arguments $arguments
    }
}
