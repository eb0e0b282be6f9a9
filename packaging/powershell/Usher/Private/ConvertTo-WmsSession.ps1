# Makes a session of an object of usher's JSON: IDs are numbers of 32 bits, a thumbnail is the bytes of a PNG image.
function ConvertTo-WmsSession {
    [CmdletBinding()]
    [OutputType('WmsSession')]
    param(
        [Parameter(Mandatory, ValueFromPipeline)] [psobject] $Session
    )

    process {
        $Session.SessionId = [uint32] $Session.SessionId
        if ($null -ne $Session.StationId) {
            $Session.StationId = [uint32] $Session.StationId
        }
        if ($null -ne $Session.PSObject.Properties['Thumbnail'] -and $null -ne $Session.Thumbnail) {
            $Session.Thumbnail = [System.Convert]::FromBase64String($Session.Thumbnail)
        }
        $Session.PSObject.TypeNames.Insert(0, 'WmsSession')
        $Session
    }
}
