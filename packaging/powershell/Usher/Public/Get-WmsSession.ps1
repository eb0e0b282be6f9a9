<#
.EXTERNALHELP Usher-help.xml
#>
function Get-WmsSession {
    [CmdletBinding()]
    [OutputType('WmsSession')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'GetById')]
        [uint32[]] $SessionId,

        [Parameter(Mandatory, ParameterSetName = 'GetAll')]
        [switch] $All,

        [ValidateSet('Small', 'Medium', 'Large', 'FullScreen')]
        [string] $Thumbnail,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('ComputerName')]
        [string] $Server
    )

    process {
        $arguments = @(Get-UsherArgument -Name $MyInvocation.MyCommand.Name -Bound $PSBoundParameters)
        Invoke-Usher -Caller $PSCmdlet -Arguments $arguments | ConvertTo-WmsSession
    }
}
