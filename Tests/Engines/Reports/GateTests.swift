import Identity
import Kernel
import Reports
import Storage
import Testing

@Suite("统计报表：慢的不拖累别人")
struct GateTests {
    /// A statement without end is stopped at its limit; what others ask meanwhile is answered.
    @Test func anEndlessQuestionEndsAndHoldsNobody() async throws {
        let house = try await ReportHouse()
        let (poison, plain) = (ReportQuestion("test.endless", terms: [.plain("n")]), ReportQuestion("test.sums", terms: [.plain("amount")], span: .last7))
        let answers = await withTaskGroup(of: String.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    do {
                        _ = try await house.engine.ask(poison, by: house.known("city"), within: .milliseconds(400))
                        return "answered"
                    } catch let failure as Failure {
                        return failure.code
                    } catch {
                        return "\(error)"
                    }
                }
            }
            for _ in 0..<6 {
                group.addTask {
                    let table = try? await house.engine.ask(plain, by: house.known("county"), within: .seconds(20))
                    return table?.rows.first?.values.first.flatMap { $0 }.map { "\($0)" } ?? "none"
                }
            }
            var all: [String] = []
            for await answer in group { all.append(answer) }
            return all
        }
        #expect(answers.filter { $0 == "JW-R002" }.count == 6)
        #expect(answers.filter { $0 == "700.0" }.count == 6)
        #expect(house.engine.gate.figures.running == 0)
        #expect(house.engine.gate.figures.waiting == 0)
    }

    /// One person's questions never take every place.
    @Test func onePersonHasTheirShare() async throws {
        let gate = ReportGate(places: 3, placesOfOne: 2, waiting: 10)
        let open = AsyncStream<Void>.makeStream()
        let started = AsyncStream<Int>.makeStream()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<3 {
                group.addTask {
                    try? await gate.run(for: 1, within: .seconds(60)) {
                        started.continuation.yield(index)
                        for await _ in open.stream { break }
                    }
                }
            }
            var running = 0
            for await _ in started.stream {
                running += 1
                if running == 2 { break }
            }
            // The third of person 1 waits, person 2 is let in at once.
            let other = try? await gate.run(for: 2, within: .seconds(60)) { gate.figures.running }
            #expect(other == 3)
            open.continuation.finish()
        }
        #expect(gate.figures.running == 0)
    }

    @Test func beyondTheQueueOneIsRefused() async throws {
        let gate = ReportGate(places: 1, placesOfOne: 1, waiting: 0)
        let open = AsyncStream<Void>.makeStream()
        let started = AsyncStream<Void>.makeStream()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await gate.run(for: 1, within: .seconds(60)) {
                    started.continuation.yield()
                    for await _ in open.stream { break }
                }
            }
            for await _ in started.stream { break }
            let failure = await #expect(throws: Failure.self) { try await gate.run(for: 2, within: .seconds(60)) { 1 } }
            #expect(failure?.code == "JW-R001")
            open.continuation.finish()
        }
    }
}
