import Alarms
import Web

/// Where a desk of own rules stands, and what its hits are called.
package struct OwnRulePlace: Sendable {
    /// `/own-rules`
    package var path: String
    package var title: String
    package var crumbs: [Crumb]
    package var permission: String
    package var alarmKind: AlarmKind
    package var jobName: String
    /// Its readers may open the alarms' desk; otherwise the rule's own page shows what was hit.
    package var leadsToAlarms: Bool

    package init(path: String, title: String, group: String, permission: String, alarmKind: AlarmKind, jobName: String, leadsToAlarms: Bool = true) {
        self.path = path
        self.title = title
        crumbs = [Crumb(group), Crumb(title, path)]
        self.permission = permission
        self.alarmKind = alarmKind
        self.jobName = jobName
        self.leadsToAlarms = leadsToAlarms
    }
}
