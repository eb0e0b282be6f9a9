<#
.EXTERNALHELP Usher-help.xml
#>
function Disconnect-WmsSession {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'DisconnectById')]
        [uint32[]] $SessionId,

        [Parameter(Mandatory, ParameterSetName = 'DisconnectAll')]
        [switch] $All,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('ComputerName')]
        [string] $Server
    )

    process {
        Invoke-WmsConfirmedAction -Caller $PSCmdlet -Name $MyInvocation.MyCommand.Name -Bound $PSBoundParameters
    }
}
