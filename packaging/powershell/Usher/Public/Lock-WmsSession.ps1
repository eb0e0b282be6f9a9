<#
.EXTERNALHELP Usher-help.xml
#>
function Lock-WmsSession {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'LockById')]
        [uint32[]] $SessionId,

        [Parameter(Mandatory, ParameterSetName = 'LockAll')]
        [switch] $All,

        [Parameter(Mandatory, Position = 1)]
        [string] $Message,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('ComputerName')]
        [string] $Server
    )

    process {
        $arguments = @(Get-UsherArgument -Name $MyInvocation.MyCommand.Name -Bound $PSBoundParameters)
        Invoke-WmsAction -Caller $PSCmdlet -Arguments $arguments
    }
}
