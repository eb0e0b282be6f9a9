# cmdlet 的帮助。
help-cmdlets = 可用的 cmdlet；用 `usher install-cmdlets 目录` 创建链接后，也可以直接以名称运行：
help-cmdlets-title = cmdlet 参考
help-cmdlets-intro = 每个 cmdlet 以 `usher 名称 …` 的形式运行；用 `usher install-cmdlets 目录` 创建链接后，也可以直接以 `名称 …` 运行。cmdlet 和参数的名称不区分大小写；链接另有全小写的一份，shell 不识别其他大小写形式的链接。参数名称可以缩写为任何不会引起歧义的前缀。如需表格而不是属性列表或 JSON，请运行 `usher --output table 名称 …`，或设置一次 `USHER_OUTPUT=table`。
help-name = 名称
help-synopsis = 摘要
help-syntax = 语法
help-description = 说明
help-parameters = 参数
help-examples = 示例
help-example = 示例 { $number }
help-inputs = 输入
help-outputs = 输出
help-notes = 备注
help-related = 相关命令
help-type = 类型
help-values = 可取的值
help-sets = 参数集
help-aliases = 别名
help-required = 是否必需
help-position = 位置
help-default = 默认值
help-pipeline = 是否接受管道输入
help-wildcards = 是否接受通配符
help-true = 是
help-false = 否
help-none = 无
help-named = 按名称
help-all-sets = （全部）
help-by-name = 是（按属性名称）
help-by-name-and-value = 是（按属性名称，也接受单独的数字）
help-common =
    所有 cmdlet 都接受以下参数。Verbose、Debug 以及名称以 Action 结尾的参数均有效；其中 ProgressAction 没有效果，因为没有进度可显示。指定变量名的参数和 OutBuffer 会被接受，以便现有脚本无需修改即可运行，但 Unix shell 中没有可供写入的此类变量。
help-notes-text =
    退出代码：0 表示所有会话都已处于所要求的状态；1 表示至少有一个会话失败；2 表示命令行有误；3 表示无法连接主机或其守护进程。

    $false 和 @( 会先被 shell 解释：请写成 -Confirm:'$false' 或 -Confirm:0，以及 '@(3,4)' 或 3,4。变量未赋值时留下的空字符串被当作数字 0，而没有任何会话的 ID 是 0；它绝不会被当作主机名。

    输出格式用 `usher --output table|list|json 名称 …` 或环境变量 $USHER_OUTPUT 指定；未指定时，在终端上显示属性列表，在管道中每行输出一个 JSON 对象。

get-synopsis = 以对象形式列出会话。
get-description =
    为每个会话输出一个对象，说明它属于哪个用户、是否有人在使用、在哪个工位，以及是否被锁定、由谁锁定、锁定消息是什么。

    State 的取值为 ConnectedToStation（在本地工位）、RemoteConnection（远程连接）、Disconnected（已断开）或 Closing（正在关闭）。远程会话的 StationId 为 0，无人使用的会话没有 StationId。IsMOGUser 表示用户属于操作员组，IsOrchestratable 表示会话可以被锁定。IsRail 始终为 False。
get-example-1 = 列出本机的所有会话。
get-example-2 = 同上，但以表格输出，每个会话一行。
get-example-3 = 只列出会话 3 和会话 4。
get-example-4 = 锁定 alice 的所有会话：对象经 jq 筛选后传给下一个 cmdlet。
get-example-5 = 将会话 3 的缩略图存为文件，与 `usher thumbnail 3 --size large -o 3.png` 相同。
get-parameter-All = 主机上的所有会话，包括您当前所在的会话。写成 -All:$false 则不指定任何会话。
get-inputs = 含有 SessionId 的 JSON 对象（可另含 Server 或 ComputerName），或单独的会话 ID。
get-outputs = 每个会话一个对象，属性如上所述。

lock-synopsis = 用一条消息遮住会话，直到解锁为止。
lock-description =
    用户看到的是消息，而不是自己的会话；既不能关闭消息，也不能输入。程序继续运行。再次锁定会替换消息。

    不能锁定您当前所在的会话。只有主机设置允许时，才能锁定管理员和操作员的会话。
lock-example-1 = 锁定会话 3，并向用户显示这条消息。
lock-example-2 = 锁定除自己以外的所有会话；未使用 -SessionId 时，第一个不带名称的参数就是消息。
lock-inputs = 含有 SessionId 的 JSON 对象（可另含 Server 或 ComputerName），或单独的会话 ID。
lock-outputs = 无；如果指定了输出格式，则输出每个会话的结果。

unlock-synopsis = 解除会话的锁定，交还给用户。
unlock-description =
    遮挡消失，会话显示当前的内容。解锁未锁定的会话不会有任何变化。

    如果会话仍被常设规则（见 `usher blocks`）覆盖，则解锁失败并返回 StillBlocked。可以用 `usher unblock` 删除该规则，或用 `usher unlock --exempt` 将该会话排除在规则之外。
unlock-example-1 = 解除会话 3 的锁定。
unlock-example-2 = 解除所有会话的锁定。
unlock-inputs = 含有 SessionId 的 JSON 对象（可另含 Server 或 ComputerName），或单独的会话 ID。
unlock-outputs = 无；如果指定了输出格式，则输出每个会话的结果。

disconnect-synopsis = 断开会话与工位的连接，会话本身继续保留。
disconnect-description =
    正在使用该会话的人会被断开，工位可供其他人使用。会话中的程序继续运行，用户可以在同一工位或其他工位重新连接。

    不能断开您当前所在的会话。
disconnect-example-1 = 断开会话 3，释放它所在的工位。
disconnect-example-2 = 只显示将会断开哪些会话，不执行任何操作。
disconnect-inputs = 含有 SessionId 的 JSON 对象（可另含 Server 或 ComputerName），或单独的会话 ID。
disconnect-outputs = 无；如果指定了输出格式，则输出每个会话的结果。

close-synopsis = 结束会话并注销其用户。
close-description =
    先请求会话中的程序退出，未退出的将被强制终止。未保存的内容会丢失。确认会话的所有进程都已消失后，此 cmdlet 才算完成。

    只有管理员可以关闭管理员和操作员的会话。不能关闭您当前所在的会话。
close-example-1 = 结束会话 3。
close-example-2 = 对两个会话逐一询问，只结束回答“是”的会话。
close-example-3 = 只显示将对每个会话做什么，不执行任何操作。
close-inputs = 含有 SessionId 的 JSON 对象（可另含 Server 或 ComputerName），或单独的会话 ID。
close-outputs = 无，除非指定了输出格式。会话 ID 不存在时报告 ItemNotFoundException。

parameter-SessionId = 会话的 ID：一个，或以逗号分隔的多个。数字可以写成 3、0x3 或 1kb。
parameter-All = 主机上除您当前所在会话以外的所有会话。您无权操作的会话会被跳过，并给出警告。写成 -All:$false 则不指定任何会话。
parameter-Message = 显示给用户的消息：1 到 1000 个字符，可使用任何文字，只能有一行。在终端上运行且未提供时会询问。
parameter-Server = 目标主机：已加入的主机、主机组，或 ssh 目标。localhost 以及本机的其他名称均指本机。
parameter-Thumbnail = 每个会话用户当前所见画面的缩略图，尺寸可为 Small（最大 160x120 像素）、Medium（320x240）、Large（640x480）或 FullScreen（与屏幕同样大小）。在管道中，Thumbnail 属性是 base64 编码的 PNG 图片；在终端上只显示其大小，用 `usher thumbnail` 可以存为文件。无法获取缩略图时会报告原因，对象仍会输出，只是不含缩略图。每次获取都会记入审计日志。
parameter-WhatIf = 只显示将要执行的操作。优先于 -Confirm。
parameter-Confirm = 对每个会话逐一询问：是、否、对其后全部适用，或挂起。没有终端时不执行任何操作。
parameter-Verbose = 在标准错误上说明所执行的操作。
parameter-Debug = 在标准错误上说明向守护进程发出的请求。
parameter-ErrorAction = 出错之后：报告并继续 (Continue)、停止 (Stop)、询问 (Inquire)，或不报告而继续 (SilentlyContinue、Ignore)。
parameter-WarningAction = 对警告的处理，取值同上。
parameter-InformationAction = 对成功信息的处理，取值同上；默认不显示。
parameter-ProgressAction = 可以指定；没有进度可显示。
parameter-ErrorVariable = 可以指定；shell 中没有此类变量。
parameter-WarningVariable = 可以指定；shell 中没有此类变量。
parameter-InformationVariable = 可以指定；shell 中没有此类变量。
parameter-OutVariable = 可以指定；shell 中没有此类变量。
parameter-OutBuffer = 可以指定；每个对象都会立即传递。
parameter-PipelineVariable = 可以指定；shell 中没有此类变量。

# PowerShell 模块与 Unix shell 中的 cmdlet 不同之处。
powershell-parameter-Thumbnail = 每个会话用户当前所见画面的缩略图，尺寸可为 Small（最大 160x120 像素）、Medium（320x240）、Large（640x480）或 FullScreen（与屏幕同样大小）。Thumbnail 属性是 PNG 图片的字节。无法获取缩略图时会报告原因，对象仍会输出，只是不含缩略图。每次获取都会记入审计日志。
powershell-get-example-3 = 锁定 alice 的所有会话：Where-Object 筛选出的对象传给下一个 cmdlet。
powershell-get-example-4 = 将会话 3 的缩略图写入文件。
powershell-inputs = 含有 SessionId 的对象，可另含 Server 或 ComputerName。
powershell-lock-outputs = 无。
powershell-unlock-outputs = 无。
powershell-disconnect-outputs = 无。
powershell-close-outputs = 无。如果某个 ID 没有对应的会话，会引发 ItemNotFoundException。
powershell-notes =
    模块会为管道传来的每个对象运行一次程序 usher。错误都不会终止命令，每个失败的会话对应一个错误；FullyQualifiedErrorId 以 usher 自己的标识符开头，例如 SessionNotFound。

    详情见 about_Usher。
