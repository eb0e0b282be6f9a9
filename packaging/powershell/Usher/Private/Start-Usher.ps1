# Runs usher to its end. What it writes and what it says are kept apart, as text; no shell reads the arguments.
function Start-Usher {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string[]] $Arguments
    )

    $program = Get-Command -Name 'usher' -CommandType Application -TotalCount 1 -ErrorAction Ignore
    if ($null -eq $program) {
        return $null
    }
    $language = if ($PSUICulture -like 'zh*') { 'zh-CN' } else { 'en' }
    $start = [System.Diagnostics.ProcessStartInfo]::new($program.Source)
    foreach ($argument in @('--output', 'json', '--lang', $language) + $Arguments) {
        $start.ArgumentList.Add($argument)
    }
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = [System.Text.UTF8Encoding]::new($false)
    $start.StandardErrorEncoding = [System.Text.UTF8Encoding]::new($false)

    $process = [System.Diagnostics.Process]::Start($start)
    try {
        $process.StandardInput.Close()
        # Both pipes are emptied at the same time: usher never waits for a reader.
        $said = $process.StandardError.ReadToEndAsync()
        $written = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        [pscustomobject]@{
            Written  = $written
            Said     = $said.GetAwaiter().GetResult()
            ExitCode = $process.ExitCode
        }
    } finally {
        $process.Dispose()
    }
}
