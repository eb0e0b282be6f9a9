@{
    RootModule           = 'Usher.psm1'
    ModuleVersion        = '0.2.0'
    GUID                 = '5d0f0a52-9f55-4b1e-8a43-2f6c7b0d9e31'
    Author               = 'the usher contributors'
    CompanyName          = 'the usher contributors'
    Copyright            = '(c) the usher contributors. MIT OR Apache-2.0'
    Description          = 'Lists, locks, unlocks, disconnects and closes the user sessions of shared Linux hosts.'
    CompatiblePSEditions = @('Core')
    PowerShellVersion    = '7.2'
    FormatsToProcess     = @('Usher.format.ps1xml')
    FunctionsToExport    = @(
        'Get-WmsSession'
        'Lock-WmsSession'
        'Unlock-WmsSession'
        'Disconnect-WmsSession'
        'Close-WmsSession'
    )
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('Linux', 'session', 'lock', 'MultiPoint')
        }
    }
}
