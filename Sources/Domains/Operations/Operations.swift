import Alarms
import Features
import Identity
import Kernel
import Storage
import Web

/// Catalogue D9.7, D9.12, D9.13, D18.2 … D18.4 平台运营: alarms of any source, whoever is on duty, events of the system itself, as one feature on the engines.
package enum Operations {
    package static let feature = Feature(
        name: "operations", title: "平台运营", ledgers: DailyAdministration.ledgers, dictionaries: OperationCodes.dictionaries, grants: DailyAdministration.grants,
        menu: OperationPages.menu,
        alarmKinds: OperationKinds.all, workflows: [IssueFeedback.workflow],
        prepare: { platform in
            platform.alarms.book.declare(schemes: GradingPresets.all, pushRules: SupervisionTiers.all)
            platform.alarms.faces.add(NearbyCases.face)
            platform.alarms.faces.add(NotificationRecipient.face(platform.ledgers))
            NotificationRecipient.register(on: platform.ledgers)
            platform.expiries.declare([SystemInspection.nextRound])
            ReleaseRecord.register(on: platform.ledgers, messages: platform.messages)
            NewsArticle.register(on: platform.ledgers)
        },
        routes: { routes, platform in OperationPages(platform: platform).add(to: routes) })
}
