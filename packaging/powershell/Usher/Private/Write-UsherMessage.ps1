# An error record as usher prints it.
$script:RecordPattern = '(?m)^[\w-]+ : (?<message>.*)\n    \+ CategoryInfo          : (?<category>\w+): \((?<target>.*):(?<type>\w*)\) \[[\w-]+\], (?<exception>\w+)\n    \+ FullyQualifiedErrorId : (?<id>\w+),[\w-]+\n?'

# A warning as usher prints it, in each of its languages.
$script:WarningPattern = '^(WARNING|警告): (?<text>.*)$'

# The error record that a printed one stands for.
function ConvertTo-ErrorRecord {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [System.Text.RegularExpressions.Match] $Found
    )

    $message = $Found.Groups['message'].Value
    $exception = switch ($Found.Groups['exception'].Value) {
        'ItemNotFoundException' { [System.Management.Automation.ItemNotFoundException]::new($message) }
        'UnauthorizedAccessException' { [System.UnauthorizedAccessException]::new($message) }
        'NotSupportedException' { [System.NotSupportedException]::new($message) }
        'TimeoutException' { [System.TimeoutException]::new($message) }
        'ArgumentException' { [System.ArgumentException]::new($message) }
        # A SocketException takes no message before .NET 8.
        { $_ -in 'IOException', 'SocketException' } { [System.IO.IOException]::new($message) }
        default { [System.InvalidOperationException]::new($message) }
    }
    $target = $Found.Groups['target'].Value
    $number = [uint32] 0
    if ($Found.Groups['type'].Value -eq 'UInt32' -and [uint32]::TryParse($target, [ref] $number)) {
        $target = $number
    }
    $category = [System.Management.Automation.ErrorCategory] $Found.Groups['category'].Value
    [System.Management.Automation.ErrorRecord]::new($exception, $Found.Groups['id'].Value, $category, $target)
}

# Hands on what usher said: its errors as errors of the caller, its warnings as warnings. Gives the number of errors.
function Write-UsherMessage {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [System.Management.Automation.PSCmdlet] $Caller,
        [Parameter(Mandatory)] [AllowEmptyString()] [string] $Text
    )

    $Text = $Text -replace '\r\n', "`n"
    foreach ($line in [regex]::Replace($Text, $script:RecordPattern, '').Split("`n")) {
        if ($line -match $script:WarningPattern) {
            $Caller.WriteWarning($Matches['text'])
        }
    }
    $errors = [regex]::Matches($Text, $script:RecordPattern)
    foreach ($found in $errors) {
        $Caller.WriteError((ConvertTo-ErrorRecord -Found $found))
    }
    $errors.Count
}
