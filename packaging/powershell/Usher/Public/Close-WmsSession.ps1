<#
.EXTERNALHELP Usher-help.xml
#>
function Close-WmsSession {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'CloseById')]
        [uint32[]] $SessionId,

        [Parameter(Mandatory, ParameterSetName = 'CloseAll')]
        [switch] $All,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('ComputerName')]
        [string] $Server
    )

    process {
        Invoke-WmsConfirmedAction -Caller $PSCmdlet -Name $MyInvocation.MyCommand.Name -Bound $PSBoundParameters
    }
}
