import Features
import MobileSources
import Watches

/// A-18 自定义规则: the desk of rules over passes and alarms.
extension OwnRules {
    package init(gates: GateSupervision, platform: Platform) {
        let place = OwnRulePlace(
            path: "/own-rules", title: "自定义规则", group: "监测报警", permission: GatePermission.ownRules, alarmKind: OwnRule.alarmKind, jobName: "gateOffice.ownRules")
        self.init(
            [PassStream(registry: gates.registry), AlarmStream(alarms: platform.alarms)], at: place, database: platform.database, alarms: platform.alarms,
            messages: platform.messages,
            audit: platform.audit, clock: platform.clock)
    }
}
