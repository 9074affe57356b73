package org.vhostdevice.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    @Test
    void medianIsTheMiddleOrTheMeanOfTheTwoInTheMiddle() {
        assertEquals(new Spread(3, 1, 9), Spread.of(List.of(9.0, 1.0, 3.0)));
        assertEquals(new Spread(4, 1, 9), Spread.of(List.of(9.0, 1.0, 3.0, 5.0)));
        assertEquals(new Spread(7, 7, 7), Spread.of(List.of(7.0)));
    }

    @Test
    void commandsTakeTurnsAndTheOrderChangesWithEachRound() throws Exception {
        List<String> order = new ArrayList<>();
        Comparison<Integer> both = Comparison.alternate(List.of("one", "two"), 3, (command, label) -> {
            order.add(command + " in " + label);
            return order.size();
        });
        assertEquals(
                List.of(
                        "one in round 1 of 3, A, ",
                        "two in round 1 of 3, B, ",
                        "two in round 2 of 3, B, ",
                        "one in round 2 of 3, A, ",
                        "one in round 3 of 3, A, ",
                        "two in round 3 of 3, B, "),
                order);
        assertEquals(new Comparison<>(List.of(1, 4, 5), List.of(2, 3, 6)), both);
    }

    @Test
    void ratiosAreThoseOfTheRoundsAndNotOfTheMedians() {
        Comparison<Integer> both = new Comparison<>(List.of(10, 20, 90), List.of(10, 40, 30));
        assertEquals(new Spread(1, 0.5, 3), both.ratio(Integer::doubleValue));
    }
}
