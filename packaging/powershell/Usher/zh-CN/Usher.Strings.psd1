@{
    NotFound = '在 $env:PATH 中找不到程序 usher。'
    Failed   = 'usher 以退出代码 {0} 结束：{1}'
    Target   = '{2} 上的会话 {0} ({1})'
    Done     = '{0}：{1}'
}
