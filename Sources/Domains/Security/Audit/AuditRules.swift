import Alarms
import Features
import Rules
import Watches

/// D16.2.2, D17.3.3 审计规则: auditors' own rules over the audit book and the logs of other machines, on the desk that all own rules share.
package enum AuditRules {
    package static let alarm = AlarmKind("auditRule", "审计规则报警", "Audit rule", grade: .heavier, mergeWindow: 86_400)
    static let path = "/security/audit-rules"

    package static func desk(on platform: Platform) -> OwnRules {
        let place = OwnRulePlace(
            path: path, title: "审计规则", group: SecurityMenu.group, permission: SecurityPermission.auditRules, alarmKind: alarm, jobName: "auditRules", leadsToAlarms: false)
        return OwnRules(
            [AuditStream(ledgers: platform.ledgers, titles: SecurityPages.auditTitles), LogStream()], at: place, database: platform.database, alarms: platform.alarms,
            messages: platform.messages, audit: platform.audit, clock: platform.clock)
    }
}
