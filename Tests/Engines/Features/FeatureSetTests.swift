import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Testing
import Web

@Suite("功能包")
struct FeatureSetTests {
    @Test func everythingComesFromTheFeatures() {
        let set = FeatureSet([TruckFeature.feature])
        #expect(set.check() == [])
        #expect(set.ledgers.map(\.name) == ["truck", "depot", "dictionaryItems", "holiday", "personFile"])
        let names = set.permissions.map(\.name)
        #expect(names.contains("truck.reveal") && !names.contains("depot.reveal"))
        #expect(set.permissions.first { $0.name == "truck.write" }?.defaultRoles == [.enterpriseAdmin])
        #expect(set.permissions.first { $0.name == "truck.delete" }?.defaultRoles == [])
        #expect(set.menu().map(\.path).contains("/ledgers/truck"))
        #expect(!set.menu(hiding: ["truck"]).map(\.path).contains("/ledgers/truck"))
    }

    @Test func nothingIsLeftOfAFeatureThatIsTakenOut() {
        let set = FeatureSet([])
        #expect(set.check() == [])
        #expect(set.ledgers.map(\.name) == ["dictionaryItems", "holiday", "personFile"])
        #expect(set.menu().allSatisfy { !$0.path.contains("truck") })
        #expect(set.permissions.allSatisfy { !$0.name.hasPrefix("truck") })
    }

    @Test func faultsAreFoundTogether() {
        var wrong = TruckFeature.feature
        wrong.additions.append(LedgerAdditions("nothing"))
        wrong.grants.append(LedgerGrant(["missing"], [.read], to: [.county]))
        wrong.alarmKinds = [AlarmKind("bad name", "", "")]
        let faults = FeatureSet([wrong, Feature(name: "trucks", title: "又一个")]).check()
        for code in ["JW-F001", "JW-F002", "JW-F003", "JW-AL01", "JW-AL03"] { #expect(faults.contains { $0.hasPrefix(code) }, "\(code)") }
    }
}
