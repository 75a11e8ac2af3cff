import Ledgers

/// The book's codes in words, wherever rows of it are shown: page, export, alarms, comparisons.
package enum AuditWords {
    package static let actions: [(code: String, title: String)] = [
        ("create", "新增"), ("update", "修改"), ("delete", "删除"), ("restore", "恢复"), ("read", "查看"), ("reveal", "查看个人信息"), ("import", "导入"), ("export", "导出"), ("login", "登录"),
        ("loginCode", "验证码登录"), ("logout", "退出"), ("loginFailed", "登录失败"), ("confirm", "身份确认"), ("revoke", "终止或撤销"), ("send", "下发"), ("receive", "接收"),
        ("finish", "完成"), ("review", "复核"), ("verify", "校验"), ("approve", "审批同意"), ("refuse", "审批不同意"), ("request", "提请复核"), ("execute", "经复核执行"),
        ("release", "执行未成功"), ("authorize", "应用授权"), ("use", "调用"), ("sign", "签收"), ("share", "共享"), ("recall", "撤回"), ("move", "移动"), ("merge", "合并"), ("close", "解散"),
        ("enable", "启用保护"), ("check", "核验"), ("run", "执行"), ("make", "生成"), ("activate", "启用"), ("retire", "更换"), ("archive", "归档"), ("stop", "停用"), ("ask", "申请"),
        ("destroy", "销毁"), ("publish", "发布"), ("backup", "备份"),
    ]

    private static let byAction = Dictionary(actions.map { ($0.code, $0.title) }) { first, _ in first }

    /// What the platform's own engines write; features bring theirs (`Feature.auditTitles`).
    package static let objects: [(code: String, title: String)] = [
        ("session", "登录"), ("user", "用户"), ("userGroup", "用户组"), ("organisation", "机构"), ("unit", "组织树"), ("role", "角色"), ("password", "密码"), ("secondFactor", "动态口令"),
        ("userCertificate", "登录证书"), ("terminal", "终端登记"), ("externalIdentity", "外部登录"), ("signInPolicy", "登录规则"), ("dualControl", "双人复核事项"), ("approvalFlow", "审核流程配置"),
        ("permissionBound", "单位权限上限"), ("dataLevel", "数据资产定级"), ("dualApproval", "双人复核"),
        ("application", "应用"), ("operationSetting", "系统运行设置"), ("job", "定时任务"), ("node", "节点"), ("workerGroup", "工作分组"), ("backupRun", "备份与演练"), ("restoreRequest", "恢复申请"),
        ("fileSweep", "文件清点"), ("slowStatement", "慢语句"),
        ("keyRing", "密钥环"), ("personalSeal", "个人信息加密"), ("audit", "审计日志"), ("auditArchive", "审计归档"), ("alarm", "报警"), ("alarmScheme", "分级方案"), ("alarmPushRule", "推送规则"),
        ("alarmSuppression", "停用免报"), ("expiryRule", "预警规则"), ("expiryWarning", "到期预警"), ("workflow", "流程"), ("workflowCase", "事项"), ("workflowDelegation", "委托办理"),
        ("notice", "通知公告"), ("message", "消息"), ("chat", "聊天"), ("smsBroadcast", "在线短信"), ("smsTemplate", "短信模板"), ("smsQuota", "短信限额"), ("smsReceipt", "短信回执"),
        ("pushDevice", "推送设备"),
        ("dutyRoster", "排班"), ("dutyChange", "替班调班"), ("dutyCall", "查岗"), ("dutyHandover", "交接班"), ("dutyLog", "值班日志"), ("dutyShift", "班次"), ("dutyGroup", "值班组"),
        ("searchIndex", "检索索引"), ("dataService", "数据服务"), ("dataApplication", "数据服务应用"), ("dataGrant", "数据服务授权"), ("dataBlock", "地址黑名单"),
        ("ownRule", "自定义规则"),
    ]

    private static let byObject = Dictionary(objects.map { ($0.code, $0.title) }) { first, _ in first }

    package static func action(_ code: String) -> String { byAction[code] ?? code }

    /// - Parameter titles: what features bring.
    package static func object(_ kind: String, _ titles: [String: String], _ ledgers: LedgerEngine) -> String {
        byObject[kind] ?? titles[kind] ?? ledgers.declaration(kind)?.title ?? kind
    }
}
