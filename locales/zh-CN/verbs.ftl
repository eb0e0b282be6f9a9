# 普通动词及其选项的帮助。英文原文是代码中的文档注释；测试保证这里不缺少任何一条。
usage-heading = 用法：
commands-heading = 命令
arguments-heading = 参数
options-heading = 选项
globals-heading = 通用选项
targets-heading = 目标
rule-heading = 规则
verb-help-flag = 显示帮助
verb-version-flag = 显示版本
verb-usher = 列出、锁定、解锁、断开和关闭共享 Linux 主机上的用户会话
verb-usher-long =
    会话是一个用户的一次登录。工位是人使用会话的地方：座位、远程客户端，或用 `usher attach` 连接的终端。遮挡会盖住已锁定会话的屏幕，并拦下输入。常设规则（`usher block`）会锁定它覆盖的所有会话，包括以后打开的会话。

    命令只有在效果得到确认之后才算成功：确实看到屏幕已被遮住、输入已被拦下，会话才算锁定；仅仅发出了信号不算。

    退出代码：0 表示所有目标都处于所要求的状态；1 表示至少有一个目标失败；2 表示命令行有误；3 表示无法连接主机或其守护进程，未执行任何操作。`usher attach`、`usher open --attach` 和 `usher open --wait` 会一直等到会话中的程序结束，并返回该程序的退出代码。
verb-usher-after = Get-、Lock-、Unlock-、Disconnect- 和 Close-WmsSession 这些 cmdlet 也可以作为动词使用：`usher help Lock-WmsSession`。
verb-usher-socket = 守护进程的套接字 [默认：$USHER_SOCKET，其次 /run/usher/usher.sock、$XDG_RUNTIME_DIR/usher/usher.sock、/tmp/usher-$UID/usher.sock]
verb-usher-server = 在这些主机上执行命令，用逗号分隔：已加入的主机、组，或 ssh 目标
verb-usher-timeout = 等待主机应答的时间，例如 5s [默认：30s；命令本身耗时较长时相应延长]
verb-usher-at_once = 最多同时向多少台主机发出请求
verb-usher-output = 输出格式：table（表格）、list（属性列表）、json（一个数组）或 jsonl（每行一个对象）
verb-usher-lang = 帮助、提问和消息所用的语言：en 或 zh-CN [默认：$USHER_LANG，其次取自区域设置]
verb-usher-verbose = 在标准错误上显示发出的每个请求
verb-list = 列出本机的会话
verb-list-long =
    普通用户只能看到自己的会话，操作员和管理员可以看到所有人的会话。表中列出每个会话的 ID 和用户、显示方式（text、ssh、console、x11 或 wayland）、是否有人在使用，以及是否已锁定。

    会话存在期间，其 ID 保持不变。凡是需要 ID 的地方，也可以使用 `loginctl` 显示的 ID（例如 c2）或文本会话的名称：单独的名称指您自己的会话，“用户/名称”指其他用户的会话。
verb-list-ids = 只列出具有这些 ID 或名称的会话
verb-list-user = 只列出该用户（用户名或 UID）的会话；可多次指定
verb-list-locked = 只列出已锁定的会话
verb-list-state = 只列出处于该状态的会话：connected（本地工位）、remote（远程连接）、disconnected（已断开）或 closing（正在关闭）；可多次指定
verb-list-ended = 列出最近一小时内结束的会话及其结束方式
verb-lock = 用一条用户无法关闭的消息遮住会话
verb-lock-long =
    消息会遮住整个屏幕；在解锁之前，键盘和鼠标操作不会到达任何程序。程序继续运行；使用 --freeze 还会停止该用户的其他进程。再次锁定会替换消息。

    只有确认会话已被遮住、输入已被拦下，结果才是“完成”（JSON 中为 `done`）。重新启动 usherd，或从另一个工位连接，都不会解除锁定。不能锁定您当前所在的会话。
verb-lock-ids = 会话的 ID（见 `usher list`）或名称
verb-lock-all = 除您当前所在会话以外的所有会话
verb-lock-user = 该用户（用户名或 UID）的所有会话；可多次指定
verb-lock-message = 显示给用户的消息：1 到 1000 个字符，可使用任何文字
verb-lock-duration = 经过此时间后自动解锁，例如 90s、10m 或 1h30m
verb-lock-freeze = 同时停止该用户的其他进程，直到会话解锁
verb-unlock = 解除锁定，把会话交还给用户
verb-unlock-long =
    遮挡是盖住已锁定会话的屏幕、拦下输入的画面。解锁后遮挡消失，会话显示当前的内容。锁定期间按下的键不会到达任何程序。解锁未锁定的会话不会有任何变化。

    常设规则由 `usher block` 设置，会锁定它覆盖的所有会话。这样的会话仍然保持锁定：命令以 StillBlocked 失败，并指出是哪条规则。可以用 `usher unblock` 删除规则，或用 --exempt 将会话排除在所有规则之外。
verb-unlock-ids = 会话的 ID（见 `usher list`）或名称
verb-unlock-all = 除您当前所在会话以外的所有会话
verb-unlock-user = 该用户（用户名或 UID）的所有会话；可多次指定
verb-unlock-exempt = 将会话排除在所有覆盖它的常设规则之外
verb-disconnect = 断开会话与工位的连接；会话继续保留
verb-disconnect-long =
    工位是人使用会话的地方：主机的一个座位、一个远程客户端，或用 `usher attach` 连接的终端。此命令会让工位空出来。

    正在使用会话的人会被断开，其程序继续运行。文本会话可以用 `usher attach` 重新连接，远程桌面可以重新登录后继续使用。

    在本机的座位上，显示管理器的登录界面会来到最前面；没有显示管理器时，则是另一个虚拟终端上的登录提示。会话在后面继续运行，并未锁定：切换回去的人（例如按 Ctrl-Alt-F1）就能使用它。

    如果断开之后无法再回到该会话，例如普通的 ssh 登录，usher 会拒绝执行并说明原因。不能断开您当前所在的会话。
verb-disconnect-ids = 会话的 ID（见 `usher list`）或名称
verb-disconnect-all = 除您当前所在会话以外的所有会话
verb-disconnect-user = 该用户（用户名或 UID）的所有会话；可多次指定
verb-disconnect-dry_run = 只显示将要执行的操作
verb-disconnect-confirm = 对每个会话逐一询问
verb-close = 结束会话，并确认其中的程序已全部退出
verb-close-long =
    先请求会话中的程序退出，宽限期过后仍未退出的会被强制终止。确认会话的所有进程都已消失之后，结果才是“完成”（JSON 中为 `done`）。未保存的内容会丢失。

    使用 --notice 时，用户会先看到倒计时，命令会等待倒计时结束。倒计时由 usherd 负责：命令被中断或 usherd 重新启动后，倒计时仍会继续。`usher list` 显示剩余时间，--cancel 可取消关闭。

    只有管理员可以关闭管理员和操作员的会话。不能关闭您当前所在的会话。
verb-close-ids = 会话的 ID（见 `usher list`）或名称
verb-close-all = 除您当前所在会话以外的所有会话
verb-close-user = 该用户（用户名或 UID）的所有会话；可多次指定
verb-close-dry_run = 只显示将要执行的操作
verb-close-confirm = 对每个会话逐一询问
verb-close-notice = 先向用户显示此时长的倒计时，例如 90s 或 10m
verb-close-cancel = 取消正在倒计时的关闭
verb-close-message = 倒计时期间显示的消息
verb-block = 设置常设规则，锁定现有和以后打开的会话
verb-block-long =
    常设规则是对所有人、某个用户或某个组的成员的锁定。规则会锁定所有符合条件的现有会话，以及规则有效期间打开的会话。主机重新启动后规则仍然有效。您当前所在的会话和不允许锁定的会话不受影响。

    `usher unlock` 不能解锁受规则覆盖的会话：`usher unlock --exempt` 可将一个会话排除在规则之外，`usher unblock` 可删除规则。再次设置规则会替换其消息和到期时间。
verb-block-all = 适用于所有会话的规则
verb-block-user = 适用于该用户（用户名或 UID）会话的规则
verb-block-group = 适用于该组（组名或 GID）成员会话的规则
verb-block-message = 显示给用户的消息：1 到 1000 个字符，可使用任何文字
verb-block-duration = 经过此时间后自动删除规则，例如 90s、10m 或 1h30m
verb-block-freeze = 规则锁定会话期间，同时停止这些用户的其他进程
verb-unblock = 删除常设规则
verb-unblock-long =
    常设规则由 `usher block` 设置，会锁定它覆盖的所有会话。只因这条规则而锁定的会话会被解锁。自身已被锁定的会话，或受其他规则覆盖的会话，仍然保持锁定。

    规则的例外会随规则一起失效。用 `usher blocks` 可以查看现有规则。
verb-unblock-all = 适用于所有会话的规则
verb-unblock-user = 适用于该用户（用户名或 UID）会话的规则
verb-unblock-group = 适用于该组（组名或 GID）成员会话的规则
verb-blocks = 列出常设规则
verb-blocks-long =
    常设规则锁定所有人、某个用户或某个组的成员的会话，包括以后打开的会话。表中列出每条规则由谁设置、何时生效、何时到期，以及哪些会话是例外。

    用 `usher block` 设置规则，用 `usher unblock` 删除规则。只有操作员和管理员可以查看规则。
verb-open = 启动一个文本会话并输出其 ID
verb-open-long =
    usherd 会在一个暂时无人查看的终端中启动程序；用 `usher attach` 可以在您的终端中显示它，使用 --attach 则立即显示。程序结束时，会话随之结束。程序在当前目录中启动，并使用此命令的环境变量。

    标准输出只有 ID，便于脚本使用；使用 --attach 时，标准输出是程序结束后的最后画面。使用 --attach 或 --wait 时，退出代码就是程序的退出代码；程序被信号终止时为 128 加信号编号，会话被关闭时为 129。用 `usher show` 可以查看程序最后显示的内容。
verb-open-name = 会话的名称，凡是需要 ID 的地方都可以使用；您的会话不能重名
verb-open-attach = 立即把当前终端连接到会话
verb-open-wait = 等待会话结束
verb-open-command = 要运行的程序及其参数；未指定时为您的登录 shell
verb-attach = 把当前终端连接到文本会话；按 Ctrl-\ d 离开
verb-attach-long =
    您的终端会显示会话的屏幕，您输入的内容会交给会话中的程序。多个终端可以同时连接。按 Ctrl-\ d 离开，会话继续运行；按 Ctrl-\ b 或滚动滚轮可向后翻看，按 Ctrl-\ ? 显示所有按键。会话锁定期间，您会看到锁定画面，按键不起作用。只能连接自己的会话，root 也不例外。

    自行离开或被断开时，退出代码为 0。会话中的程序结束时，退出代码就是程序的退出代码；程序被信号终止时为 128 加信号编号，会话被关闭时为 129。usher 自身出错时，标准错误上会有错误信息。
verb-attach-id = 会话的 ID（见 `usher list`）或名称 [默认：您唯一的会话，或最近使用的会话]
verb-attach-read_only = 只观看：您的输入不起作用，终端大小也不影响会话
verb-attach-detach_keys = 离开会话的按键，例如 '^P ^Q'；连按两次第一个键，可将该键发送给会话 [默认：$USHER_DETACH_KEYS，其次是 ~/.config/usher/usher.toml 中的 detach_keys，再次是 '^\ d']
verb-rename = 为文本会话改名
verb-rename-long =
    会话存在期间，凡是需要 ID 的地方都可以使用它的名称。名称以字母或汉字开头，不能与 ID 相似。同一用户的两个会话不能重名。

    单独的名称指您自己的会话；其他用户的会话写作“用户/名称”。操作员可以为标准用户的会话改名，管理员可以为所有会话改名。
verb-rename-id = 会话的 ID（见 `usher list`）或名称
verb-rename-name = 新名称
verb-show = 输出文本会话屏幕上的文字
verb-show-long =
    输出的文字不含颜色和控制字符，便于搜索和保存。已锁定的会话显示其锁定画面。最近一小时内结束的会话显示其最后的画面，因此仍可查看短命令的输出。

    管理员可以查看所有会话，操作员可以查看标准用户的会话，每个人都可以查看自己的会话。每次查看之前都会记入审计日志。
verb-show-id = 会话的 ID（见 `usher list`）或名称
verb-thumbnail = 保存会话画面的缩略图
verb-thumbnail-long =
    缩略图是 PNG 图片，内容是会话用户当前看到的画面。已锁定的会话显示其锁定画面，不会露出下面的内容。

    管理员可以获取所有会话的缩略图，操作员可以获取标准用户会话的缩略图，每个人都可以获取自己会话的缩略图。每次获取之前都会记入审计日志。
verb-thumbnail-id = 会话的 ID（见 `usher list`）或名称
verb-thumbnail-size = small（最大 160x120）、medium（320x240）、large（640x480）或 fullscreen（与屏幕同样大小）
verb-thumbnail-file = 要写入的文件；- 表示标准输出
verb-watch = 实时显示会话和规则的变化
verb-watch-long =
    规则由 `usher block` 设置。在终端上以表格显示；在管道中或使用 --output jsonl 时，每行输出一个 JSON 对象，说明发生了什么，并包含会话或规则变化之后的状态。普通用户只能看到自己会话的事件。

    usherd 停止或与主机的连接中断时，此命令会等待其恢复并继续。其间发生的事件只要 usherd 还保留着，就会补上。如果有遗漏（例如 usherd 重新启动过，或此命令来不及读取），则会显示 lagged 事件：这时请用 `usher list` 查看当前状态。
verb-watch-since = 先显示此时间之后、usherd 仍保留着的事件：RFC 3339 时间、日期，或从现在起倒推的时长，例如 10m
verb-audit = 查看审计记录：谁在何时、从何处做了什么，结果如何
verb-audit-long =
    凡是会带来改变或查看屏幕的请求都有记录，被拒绝的请求也不例外。只有管理员可以查看。

    不带选项时，按时间从早到晚显示全部记录。记录保留多久由 usherd 的设置决定。
verb-audit-since = 只显示此时间及之后的记录：日期和时间（2026-03-02 09:41）、日期、时刻、yesterday（昨天），或距现在的时长，例如 2h
verb-audit-until = 只显示此时间及之前的记录
verb-audit-session = 只显示与此会话有关的记录
verb-audit-user = 只显示该用户所做的操作，以及对其会话所做的操作
verb-audit-action = 只显示此操作的记录，例如 lock、close 或 expire
verb-audit-last = 只显示最新的这么多条记录
verb-audit-follow = 显示之后持续输出新记录；未指定 -n 或 --since 时，从最后十条开始
verb-status = 显示守护进程的版本、模式、套接字，以及哪些部分不正常
verb-status-long =
    任何人都可以查看。管理员还会看到数据库和网关的情况。

    每一处异常都会附上处理办法。存在异常时，命令本身并不失败；`--output json` 的 `degraded` 中列出全部异常。
verb-dashboard = 以网页显示会话及其画面，并可在网页上操作
verb-dashboard-long =
    网页用一个个方块显示本机（或 --server 指定的各台主机）的会话，并以您的身份、按您在各主机上的权限执行操作：可以锁定、解锁、断开和关闭会话，也可以全部锁定；不能打开、连接会话或发出邀请。

    网页只在本机提供，而且只供您本人使用，直到您按 Ctrl-C 或关闭终端。命令会显示一个地址，只能用它在一个浏览器中打开一次。

    用 `usher dashboard enable` 可以让主机自己通过 TLS 提供网页，用户以主机上的用户名和密码登录。

    对他人屏幕的每次查看都会记入所在主机的审计日志。
verb-dashboard-enable = 从现在起由本机通过 TLS 提供网页，供用户登录（仅限管理员）
verb-dashboard-disable = 本机不再提供网页
verb-dashboard-join = 让本机提供的网页也显示另一台主机的会话（仅限管理员）
verb-dashboard-join-long =
    令牌由那台主机的管理员生成：`usher invite dashboard@THIS-HOST --role operator`。此后，登录本机网页的操作员和管理员能看到那台主机的会话，并能进行两台主机都允许的操作。那台主机的审计日志会写明操作者，例如 “olga at lab1, by the dashboard”。
verb-dashboard-join-token = 令牌；写 - 则从标准输入读取，这样进程列表中不会出现令牌
verb-dashboard-join-name = 那台主机在网页上的名称 [默认：主机自己的名称]
verb-dashboard-leave = 不再显示另一台主机的会话
verb-dashboard-leave-name = 那台主机在网页上的名称
verb-dashboard-port = 监听的端口；0 表示任选一个空闲端口
verb-dashboard-open = 同时在桌面浏览器中打开网页
verb-demo = 在专用的守护进程上体验全部功能，提供三个练习会话
verb-demo-long =
    演示会启动专用的 usherd，打开三个会话，并给出可以尝试的命令。如果装有 tmux，会用它分割终端。

    结束后不留任何痕迹：会话会被关闭，守护进程也会退出。
verb-demo-script = 自动演示全部内容；只有每一步都得到确认才算成功
verb-demo-no_tmux = 不用 tmux 分割终端
verb-demo-web = 像 `usher dashboard` 那样以网页显示会话
verb-demo-open = 与 --web 合用：同时在桌面浏览器中打开网页
verb-help = 说明某个动词或 cmdlet，例如 lock 或 Lock-WmsSession
verb-help-name = 动词或 cmdlet 的名称，例如 `servers group`；未指定时列出全部
verb-completion = 输出用于在 shell 中补全 usher 命令行的脚本
verb-completion-long =
    脚本会询问 usher 光标处可以输入什么：动词和选项，以及当前的会话及其用户、规则、组，还有 --server 认识的主机。它不会长时间等待应答。软件包已为三种 shell 安装此脚本。

    bash：在 ~/.bashrc 中写入 `eval "$(usher completion bash)"`；zsh：在 ~/.zshrc 中的 `compinit` 之后写入 `source <(usher completion zsh)`；fish：在 ~/.config/fish/config.fish 中写入 `usher completion fish | source`。
verb-completion-shell = shell：bash、zsh 或 fish
verb-install-cmdlets = 创建链接，以便直接用 Lock-WmsSession 等名称运行 cmdlet
verb-install-cmdlets-long =
    每个链接都指向本程序，程序根据调用时的名称识别 cmdlet。每个名称有两个链接：参考文档中的写法和全小写。已有的链接会被替换，其他文件不受影响。目录不存在时会自动创建。

    没有链接时，每个 cmdlet 也可以作为动词使用：`usher Lock-WmsSession`。
verb-install-cmdlets-directory = 存放链接的目录，最好在 $PATH 中
head-HOST = 主机
head-ID = 会话
head-USER = 用户
head-ACTION = 操作
head-RESULT = 结果
head-OBSERVED = 已确认
head-MS = 毫秒
head-DETAIL = 详情
head-KIND = 类型
head-STATE = 状态
head-LOCKED = 锁定
head-CLIENT = 客户端
head-IDLE = 空闲
head-SINCE = 开始时间
head-TITLE = 标题
head-ENDED = 结束时间
head-HOW = 结束方式
head-RULE = 规则
head-BY = 设置者
head-UNTIL = 到期时间
head-EXEMPT = 例外
head-MESSAGE = 消息
head-TIME = 时间
head-EVENT = 事件
head-ACTOR = 操作者
head-FROM = 来源
head-TARGETS = 目标
head-OUTCOMES = 结果汇总
verb-login = 登录到断线后仍然保留的文本会话，代替登录 shell
verb-login-long =
    执行 `usher login enable GROUP` 之后，sshd 会为该组的成员运行此命令；执行 `usher login console USER` 之后，控制台会为这些用户运行此命令。在终端上，它会恢复您已断开的文本会话，没有则打开一个新会话；有多个时会询问恢复哪一个。线路中断时，会话只是断开，仍然保留。命令（`ssh HOST COMMAND`、`scp`、`sftp`、`rsync`、`git`）照常在您的 shell 中运行。

    会话中的程序使用最近一次连接的 ssh 代理。如果无法连接 usherd，或它无法打开会话，您会得到普通的登录 shell。
verb-login-enable = 让 sshd 为某个组的所有成员运行 `usher login`
verb-login-enable-long =
    此命令写入 /etc/ssh/sshd_config.d/50-usher-login.conf，让 sshd 检查该文件，然后让 sshd 重新读取配置。如果 sshd 拒绝该文件，或没有照做，命令会将其撤回。已有的连接不受影响。
verb-login-enable-group = 组；之前启用的组保持启用
verb-login-console = 让这些用户在控制台和串口上通过 `usher login` 登录
verb-login-console-long =
    他们的登录 shell 会改为 /usr/lib/usher/usher-login，原来的 shell 保存在 /etc/usher/login-shells 中。会话、命令、`su`、定时任务和 ssh 登录仍像以前一样使用原来的 shell。账户必须是本主机自己的账户，root 的账户保持不变。
verb-login-console-users = 用户
verb-login-console-undo = 恢复他们原来的登录 shell
verb-login-disable = 让 sshd 和控制台重新为所有人运行登录 shell
verb-login-disable-long =
    此命令删除 `usher login enable` 写入的文件，让 sshd 重新读取配置，并恢复被 `usher login console` 替换的登录 shell。会话仍然保留。
verb-servers = 显示、测试、分组和删除 --server 按名称识别的主机
verb-servers-long =
    不带子命令时，表中列出您已加入的主机、各组的成员，以及连接它们的方式。

    给 --server 的其他名称都视为 ssh 目标，按 ~/.ssh/config 连接。
verb-servers-test = 测试主机是否应答当前用户
verb-servers-test-names = 主机和组；不指定时为所有已知主机
verb-servers-group = 建立或替换一个组：之后组名即代表这些主机
verb-servers-group-name = 组名：字母、数字、点、短横线和下划线
verb-servers-group-members = 已加入的主机和 ssh 目标
verb-servers-ungroup = 删除一个组；其中的主机仍然保留
verb-servers-ungroup-name = 组
verb-servers-remove = 删除一台已加入的主机：包括其地址以及对应的证书和密钥
verb-servers-remove-name = 主机
verb-dial-stdio = 将标准输入和标准输出连接到本机的守护进程
verb-dial-stdio-long =
    `usher --server HOST` 会在 ssh 的另一端运行此命令，无需手动运行。

    它以登录用户的权限传递数据，不解析其中的内容。
head-VIA = 途径
head-ADDRESS = 地址
head-IDENTITY = 身份
head-EXPIRES = 到期
head-GROUPS = 组
head-ANSWERS = 应答
head-VERSION = 版本
head-SESSIONS = 会话数
verb-invite = 生成令牌，供他人从另一台机器加入本主机
verb-invite-long =
    令牌只能使用一次，有效期 15 分钟。它等同于密码，请像对待密码一样传递。用令牌加入的人获得 --role 所指定的角色。

    首次邀请会启动 usher-gateway，此后它会在网络上监听。未指定 NAME 时，由持有令牌的人选择一个未用的名称。
verb-invite-name = 受邀者的名称，例如 olga@laptop [默认：由持有令牌的人选择]
verb-invite-role = 用令牌加入的人的角色：operator（操作员）或 administrator（管理员）
verb-invite-address = 另一台机器连接本主机所用的地址 [默认：本机名称及各网卡的地址]
verb-identities = 列出从其他机器加入本主机的身份，或已登录网页的用户
verb-identities-long =
    表中列出每个身份的角色、加入时间、邀请人和吊销时间。只有管理员可以在本机查看。

    用 `usher invite` 发出邀请，用 `usher revoke` 拒绝某个身份。

    指定 --web 时，表中列出谁登录了 `usher dashboard enable` 提供的网页。--end 让其中一个登录失效：此人的下一个请求会被拒绝，正在观看的内容也会终止。
verb-identities-web = 列出已登录网页的用户
verb-identities-end = 让这个登录失效
verb-revoke = 从现在起拒绝某个远程身份
verb-revoke-long =
    主机会拒绝该身份的下一个请求，终止它正在观看的事件流，并撤回其未用的邀请。对方机器上的文件不再有效。

    如需让此人重新加入，请用同一名称再次邀请。
verb-revoke-name = 身份，如 `usher identities` 所示
verb-join = 用 `usher invite` 生成的令牌加入一台主机
verb-join-long =
    令牌指明主机的位置以及如何辨认它。如果对方不能证明自己就是那台主机，就不会向它发送任何内容。加入之后，--server 即可用名称连接该主机。

    证书及其密钥保存在 ~/.config/usher/servers/NAME，仅您本人可以读取。证书在使用时自动续期。
verb-join-token = 令牌；- 表示从标准输入读取，这样它就不会出现在进程列表中
verb-join-name = 该主机在本机上的名称 [默认：主机自己的名称]
verb-join-identity = 您在该主机上的名称，例如 olga@laptop [默认：用户名、@ 和本机名]
head-ROLE = 角色
head-REVOKED = 吊销
head-KEY = 密钥
head-TOKEN = 令牌
